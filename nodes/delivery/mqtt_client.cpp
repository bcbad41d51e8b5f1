#include "nodes/delivery/mqtt_client.h"

#include <mosquitto.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>

#include "base/error.h"
#include "base/machine/clock.h"
#include "nodes/delivery/host_port.h"

namespace actionflow {

namespace {

constexpr int kPlainPort = 1883;
constexpr int kTlsPort = 8883;
// For the broker's answer to anything.
constexpr double kAnswerSeconds = 10;
constexpr int kLookMs = 100;
constexpr int kQos = 1;

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* const end = text.data() + std::min(text.size(), i + 3);
    const auto [stop, error] = std::from_chars(text.data() + i + 1, end, byte, 16);
    if (error != std::errc() || stop != text.data() + i + 3) return std::nullopt;
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

void set_up_library() {
  static std::once_flag once;
  std::call_once(once, [] { mosquitto_lib_init(); });
}

std::string reason(int code) {
  if (code == MOSQ_ERR_ERRNO) return std::strerror(errno);
  if (code == MOSQ_ERR_EAI) return "its name is not known";
  return mosquitto_strerror(code);
}

// No broker would take it.
bool is_mqtt_message_fault(int code) {
  return code == MOSQ_ERR_INVAL || code == MOSQ_ERR_PAYLOAD_SIZE || code == MOSQ_ERR_MALFORMED_UTF8 ||
         code == MOSQ_ERR_OVERSIZE_PACKET;
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

std::optional<MqttBroker> MqttBroker::parse(const std::string& address) {
  MqttBroker broker;
  std::string_view rest = address;
  if (rest.starts_with("mqtts://")) {
    broker.tls = true;
    broker.port = kTlsPort;
    rest.remove_prefix(8);
  } else if (rest.starts_with("mqtt://")) {
    broker.port = kPlainPort;
    rest.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const std::size_t colon = std::min(login.find(':'), login.size());
    const auto user = percent_decoded(login.substr(0, colon));
    const auto password = percent_decoded(login.substr(std::min(colon + 1, login.size())));
    if (!user || !password) return std::nullopt;
    broker.user = *user;
    broker.password = *password;
    rest.remove_prefix(at + 1);
  }
  const auto where = HostPort::parse(rest);
  if (!where) return std::nullopt;
  broker.host = where->host;
  broker.port = where->port.value_or(broker.port);
  return broker;
}

std::string MqttBroker::shown() const {
  return (tls ? "mqtts://" : "mqtt://") + HostPort{host, port}.text(port);
}

struct MqttClient::State {
  explicit State(const MqttBroker& broker) : name(broker.shown()) {
    set_up_library();
    client.reset(new_client());
    if (!client) fail(MOSQ_ERR_NOMEM);
  }

  // The library ignores SIGPIPE from then on, which a program that handles it does not want.
  mosquitto* new_client() {
    struct sigaction before {};
    sigaction(SIGPIPE, nullptr, &before);
    mosquitto* const made = mosquitto_new(nullptr, true, this);
    if (before.sa_handler != SIG_DFL) sigaction(SIGPIPE, &before, nullptr);
    return made;
  }

  [[noreturn]] void fail(const std::string& why) const { throw Error(ExitCode::failure, name + ": " + why); }
  [[noreturn]] void fail(int code) const { fail(reason(code)); }
  void check(int code) const {
    if (code != MOSQ_ERR_SUCCESS) fail(code);
  }

  // Network work until the condition holds.
  template <class Condition>
  void wait_until(const char* what, Condition condition) {
    const Deadline deadline(kAnswerSeconds);
    while (!condition()) {
      if (deadline.passed()) fail(std::string("does not answer, waiting for ") + what);
      loop(kLookMs);
    }
  }

  void loop(int wait_ms) {
    const int code = mosquitto_loop(client.get(), wait_ms, 1);
    if (refusal && *refusal != 0) fail(std::string("refuses us: ") + mosquitto_connack_string(*refusal));
    check(code);
  }

  struct Destroy {
    void operator()(mosquitto* handle) const noexcept { mosquitto_destroy(handle); }
  };

  const std::string name;
  std::unique_ptr<mosquitto, Destroy> client;
  std::optional<int> refusal;  // the broker's answer to connecting; 0: it accepts us
  int confirmed = 0;           // id of the newest message that the broker has
  Take take;
};

MqttClient::MqttClient(const MqttBroker& broker, const Will& will, std::chrono::seconds keep_alive)
    : state_(std::make_unique<State>(broker)) {
  mosquitto* const client = state_->client.get();
  mosquitto_connect_callback_set(
      client, [](mosquitto*, void* state, int code) { static_cast<State*>(state)->refusal = code; });
  mosquitto_publish_callback_set(
      client, [](mosquitto*, void* state, int id) { static_cast<State*>(state)->confirmed = id; });
  if (!broker.user.empty() || !broker.password.empty())
    state_->check(mosquitto_username_pw_set(client, broker.user.c_str(), or_null(broker.password)));
  if (broker.tls && broker.authority.empty())
    state_->check(mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1));
  if (broker.tls && !(broker.authority.empty() && broker.certificate.empty()))
    state_->check(mosquitto_tls_set(client, or_null(broker.authority.string()), nullptr,
                                    or_null(broker.certificate.string()), or_null(broker.key.string()),
                                    nullptr));
  state_->check(mosquitto_will_set(client, will.topic.c_str(), static_cast<int>(will.payload.size()),
                                   will.payload.data(), kQos, true));
  // Not mosquitto_connect_async: without threads of its own the library cannot finish what that begins.
  state_->check(
      mosquitto_connect(client, broker.host.c_str(), broker.port, static_cast<int>(keep_alive.count())));
  state_->wait_until("its consent", [&] { return state_->refusal.has_value(); });
}

MqttClient::~MqttClient() = default;

bool MqttClient::publish(const std::string& topic, const std::string& payload, bool retain) {
  int id = 0;
  const int code = mosquitto_publish(state_->client.get(), &id, topic.c_str(),
                                     static_cast<int>(payload.size()), payload.data(), kQos, retain);
  if (is_mqtt_message_fault(code)) return false;
  state_->check(code);
  state_->wait_until("its receipt", [&] { return state_->confirmed == id; });
  return true;
}

void MqttClient::subscribe(const std::string& pattern, Take take) {
  mosquitto* const client = state_->client.get();
  state_->take = std::move(take);
  mosquitto_message_callback_set(client, [](mosquitto*, void* state, const mosquitto_message* message) {
    const auto* payload = static_cast<const char*>(message->payload);
    static_cast<State*>(state)->take(message->topic,
                                     std::string(payload, payload + std::max(0, message->payloadlen)));
  });
  state_->check(mosquitto_subscribe(client, nullptr, pattern.c_str(), kQos));
}

void MqttClient::idle(int wake, std::chrono::milliseconds most) {
  std::array<pollfd, 2> ready{{{wake, POLLIN, 0}, {mosquitto_socket(state_->client.get()), POLLIN, 0}}};
  poll(ready.data(), ready.size(), static_cast<int>(most.count()));
  state_->loop(0);
}

void MqttClient::disconnect() {
  mosquitto* const client = state_->client.get();
  state_->check(mosquitto_disconnect(client));
  // Until the broker, or the library, has closed it.
  const Deadline deadline(1);
  while (!deadline.passed() && mosquitto_loop(client, kLookMs, 1) == MOSQ_ERR_SUCCESS) {
  }
}

}  // namespace actionflow
