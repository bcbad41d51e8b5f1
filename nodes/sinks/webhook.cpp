// webhook: what becomes of actions, as signed POST requests (nodes/delivery/http_delivery.h) through a spool.
#include "base/config/secret.h"
#include "nodes/delivery/http_delivery.h"
#include "nodes/sinks/receiver_check.h"
#include "nodes/sinks/sink_kinds.h"
#include "nodes/sinks/spooled_node.h"

namespace actionflow {

namespace {

struct WebhookOptions {
  static constexpr SpoolFormat kFormat{"webhook"};
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
    ReceiverCheck check(value, diagnostics);
    if (!HttpDelivery::is_address(url))
      check.wrong("url", "url is no address of a web server, expected http://… or https://…");
    for (const auto& [name, text] : headers) {
      if ((name + text).find_first_of("\r\n") != std::string::npos || name.find(':') != std::string::npos ||
          name.empty())
        check.wrong("headers",
                    "'" + name + "' is no header, expected its name without a colon, and one line");
    }
    check.file("ca", ca);
  }

  std::vector<std::filesystem::path> files() const { return {ca}; }

  std::string warning() const {
    const HttpReceiver to = receiver();
    return to.tells_password() && !to.is_https() ? password_in_the_clear("https://…") : "";
  }

  HttpReceiver receiver() const {
    return {url, secret, {headers.begin(), headers.end()}, ca, timeout.seconds};
  }
  std::shared_ptr<Delivery> delivery(const RunContext& run) const {
    return std::make_shared<HttpDelivery>(receiver(), run.clock());
  }
};

}  // namespace

NodeKind webhook_kind() {
  return spooled_kind<WebhookOptions, EventLines<WebhookOptions>>(
      "events to a web server, as signed requests");
}

}  // namespace actionflow
