// webhook: what becomes of actions, as signed POST requests (nodes/delivery/http_delivery.h) through a spool.
#include "base/config/secret.h"
#include "nodes/delivery/http_delivery.h"
#include "nodes/results/json_lines.h"
#include "nodes/sinks/sink_kinds.h"
#include "nodes/sinks/spooled_sink.h"

namespace actionflow {

namespace {

struct WebhookOptions {
  Secret url;
  Secret secret;
  std::map<std::string, Secret> headers;
  std::filesystem::path ca;
  Duration timeout{10};
  SpoolOptions spool;

  static void describe(config::Fields<WebhookOptions>& fields) {
    fields.add("url", &WebhookOptions::url, "http:// or https:// address that takes a POST").required();
    fields.add("secret", &WebhookOptions::secret,
               "signs what is sent; best as \"${NAME}\", from the environment");
    fields.add("headers", &WebhookOptions::headers, "further ones of each request, by name");
    fields.add("ca", &WebhookOptions::ca,
               "certificates in PEM that sign the server's; the system's unless given");
    fields.add("timeout", &WebhookOptions::timeout, "for a try").at_least(0.1).at_most(60);
    fields.add("spool", &WebhookOptions::spool, "what waits while the server does not take it");
  }

  void check(const config::Value& value, config::Diagnostics& diagnostics) const {
    if (!HttpDelivery::is_address(url))
      diagnostics.add(value.find("url")->place(),
                      "url is no address of a web server, expected http://… or https://…");
    for (const auto& [name, text] : headers) {
      if ((name + text).find_first_of("\r\n") != std::string::npos || name.find(':') != std::string::npos ||
          name.empty())
        diagnostics.add(value.find("headers")->place(),
                        "'" + name + "' is no header, expected its name without a colon, and one line");
    }
  }

  HttpReceiver receiver() const {
    return {url, secret, {headers.begin(), headers.end()}, ca, timeout.seconds};
  }
};

class WebhookSink : public SpooledSink {
 public:
  WebhookSink(const NodeUse& use, const WebhookOptions& options, const std::shared_ptr<RunContext>& run)
      : SpooledSink(use, options.spool, std::make_shared<HttpDelivery>(options.receiver(), run->clock()),
                    run) {}

  void event(const EventResult& result) override {
    const Message message{"", to_json_line(result)};
    put({&message, 1});
  }
};

class WebhookNode : public Node {
 public:
  using Options = WebhookOptions;
  explicit WebhookNode(Options options) : options_(std::move(options)) {}

  std::vector<std::filesystem::path> outputs(const std::vector<std::string>&) const override {
    if (options_.spool.file.empty()) return {};
    return {options_.spool.file};
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    add_spooled_sink(flow, use, inputs.front(),
                     std::make_shared<WebhookSink>(use, options_, flow.shared_run()));
    return {};
  }

 private:
  Options options_;
};

}  // namespace

NodeKind webhook_kind() {
  return node_kind<WebhookNode>("webhook", "events to a web server, as signed requests", {PortType::events},
                                PortType::nothing, false);
}

}  // namespace actionflow
