#include "nodes/delivery/http_delivery.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/log/hourly.h"
#include "nodes/delivery/hmac.h"

namespace actionflow {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr double kMsPerSecond = 1e3;

void set_up_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::size_t ignore_body(char*, std::size_t size, std::size_t count, void*) { return size * count; }

// What of an address may be said: keys of many services stand in the path.
std::string origin(const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  return url.substr(0, url.find_first_of("/?#", host));
}

// The message itself is at fault, and no try will mend it. All else a person or time may mend: a token that
// is wrong or has run out, an address that moved, a receiver that has too much to do.
bool is_message_fault(long status) {
  constexpr std::array<long, 7> kFaults{400, 406, 409, 413, 415, 422, 431};
  return std::find(kFaults.begin(), kFaults.end(), status) != kFaults.end();
}

std::string_view advice(long status) {
  if (status == 401 || status == 403)
    return "; its token or password is wrong or has run out: look at headers and secret";
  if (status >= 300 && status < 400)
    return ", a redirection, which is not followed: give the url it leads to";
  if (status == 404 || status == 405 || status == 410) return ": look at url";
  return "";
}

}  // namespace

bool HttpReceiver::tells_password() const {
  const auto is_login = [](const auto& header) {
    return curl_strequal(header.first.c_str(), "Authorization") != 0;
  };
  return origin(url).find('@') != std::string::npos || std::any_of(headers.begin(), headers.end(), is_login);
}

struct HttpDelivery::Handle {
  struct Cleanup {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };
  std::unique_ptr<CURL, Cleanup> curl;
  std::unique_ptr<curl_slist, Cleanup> headers;
  std::array<char, CURL_ERROR_SIZE> error{};
};

HttpDelivery::HttpDelivery(HttpReceiver receiver, const Clock& clock)
    : receiver_(std::move(receiver)), clock_(clock), handle_(std::make_unique<Handle>()) {
  set_up_curl();
  handle_->curl.reset(curl_easy_init());
  CURL* const curl = handle_->curl.get();
  if (!curl) throw Error(ExitCode::failure, "libcurl cannot be set up");
  curl_easy_setopt(curl, CURLOPT_URL, receiver_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "actionflow");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore_body);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle_->error.data());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(receiver_.timeout_seconds * kMsPerSecond));
  if (!receiver_.authority.empty())
    curl_easy_setopt(curl, CURLOPT_CAINFO, receiver_.authority.string().c_str());
}

HttpDelivery::~HttpDelivery() = default;

void HttpDelivery::add_header(const std::string& line) {
  curl_slist* const longer = curl_slist_append(handle_->headers.get(), line.c_str());
  if (!longer) throw Error(ExitCode::failure, "out of memory");
  (void)handle_->headers.release();
  handle_->headers.reset(longer);
}

bool HttpDelivery::deliver(const Message& message) {
  CURL* const curl = handle_->curl.get();
  handle_->headers.reset();
  const std::string timestamp = std::to_string(clock_.wall_ns() / kNsPerSecond);
  add_header("Content-Type: application/json");
  add_header("Expect:");  // no asking first
  for (const auto& [name, value] : receiver_.headers) add_header(name + ": " + value);
  add_header("X-Actionflow-Delivery: " + std::to_string(message.id));
  add_header("X-Actionflow-Timestamp: " + timestamp);
  if (!receiver_.secret.empty())
    add_header("X-Actionflow-Signature: sha256=" +
               hmac_sha256(receiver_.secret, timestamp + "." + message.payload));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, handle_->headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.payload.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, message.payload.c_str());

  handle_->error.front() = '\0';
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK)
    throw Error(ExitCode::failure,
                origin(receiver_.url) + ": " +
                    (handle_->error.front() ? handle_->error.data() : curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return true;
  const std::string answer = origin(receiver_.url) + ": answers " + std::to_string(status);
  if (!is_message_fault(status)) throw Error(ExitCode::failure, answer + std::string(advice(status)));
  log::hourly(log::Level::warn, answer + "; the message is not sent again");
  return false;
}

bool HttpDelivery::is_address(const std::string& url) {
  struct Cleanup {
    void operator()(CURLU* parts) const noexcept { curl_url_cleanup(parts); }
  };
  const std::unique_ptr<CURLU, Cleanup> parts(curl_url());
  return (url.starts_with("http://") || url.starts_with("https://")) &&
         curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
}

}  // namespace actionflow
