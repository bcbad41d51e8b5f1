#include "base/remote/range_request.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/error.h"
#include "base/text/lower_case.h"

namespace actionflow {

namespace {

constexpr long kConnectSeconds = 10;
constexpr long kMostRedirects = 5;
constexpr std::size_t kMostErrorBytes = 4096;
constexpr std::size_t kLongestCode = 64;
constexpr const char* kSha256OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct Cleanup {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, Cleanup>;
using Headers = std::unique_ptr<curl_slist, Cleanup>;

// With the connections of the thread's last requests.
CURL* thread_handle() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  thread_local Handle handle;
  if (handle)
    curl_easy_reset(handle.get());
  else
    handle.reset(curl_easy_init());
  if (!handle) throw Error(ExitCode::failure, "libcurl cannot be set up");
  return handle.get();
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// What a further try does not change.
bool is_lasting(CURLcode result) {
  return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
         result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT ||
         result == CURLE_TOO_MANY_REDIRECTS;
}

class Exchange {
 public:
  Exchange(CURL* curl, ByteRange range, const RequestOptions& options)
      : curl_(curl), range_(range), options_(options) {}

  void listen() {
    curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(
        curl_, CURLOPT_HEADERFUNCTION, +[](char* text, std::size_t size, std::size_t count, void* self) {
          static_cast<Exchange*>(self)->take_header({text, size * count});
          return size * count;
        });
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(
        curl_, CURLOPT_WRITEFUNCTION, +[](char* bytes, std::size_t size, std::size_t count, void* self) {
          const bool wanted = static_cast<Exchange*>(self)->take_bytes({bytes, size * count});
          return wanted ? size * count : 0;
        });
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(
        curl_, CURLOPT_XFERINFOFUNCTION, +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
          return static_cast<Exchange*>(self)->is_stopped() ? 1 : 0;
        });
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  }

  RangeAnswer finish(CURLcode result, const char* error) {
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &answer_.status);
    answer_.lasting = is_lasting(result);
    answer_.unknown_host = result == CURLE_COULDNT_RESOLVE_HOST;
    curl_off_t retry = 0;
    curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &retry);
    answer_.retry_after = static_cast<double>(retry);
    if (result != CURLE_OK && !unwanted_)
      answer_.failure = *error != '\0' ? error : curl_easy_strerror(result);
    if (answer_.status >= 300) answer_.code = code_in(error_text_);
    return std::move(answer_);
  }

 private:
  // A redirect has headers of its own, which count no more when those of the next answer come.
  void take_header(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      answer_ = RangeAnswer();
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = lower_case(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "content-length") answer_.length = number(value);
    if (name == "content-range") take_range(value);
    if (name == "etag") answer_.version = value;
    if (name == "last-modified" && answer_.version.empty()) answer_.version = value;
    if (name == "x-amz-bucket-region") answer_.region = value;
  }

  // "bytes 0-99/1234", "bytes */0"
  void take_range(std::string_view value) {
    const std::size_t slash = value.find('/'), dash = value.find('-');
    if (!value.starts_with("bytes ") || slash == std::string_view::npos) return;
    answer_.total = number(value.substr(slash + 1));
    if (dash < slash) answer_.offset = number(value.substr(6, dash - 6));
  }

  bool take_bytes(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) {
      error_text_.append(bytes.substr(0, kMostErrorBytes - std::min(kMostErrorBytes, error_text_.size())));
      return true;
    }
    const std::uint64_t most = status == 206 ? range_.size : options_.most_whole;
    const bool too_long = answer_.body.size() + bytes.size() > most;
    if (status == 200 && (too_long || answer_.length.value_or(0) > most)) {
      answer_.body.clear();
      unwanted_ = true;
      return false;
    }
    answer_.body.append(bytes.substr(0, most - std::min<std::uint64_t>(most, answer_.body.size())));
    unwanted_ = too_long;
    return !too_long;
  }

  bool is_stopped() {
    answer_.stopped = options_.stopped && options_.stopped();
    return answer_.stopped;
  }

  static std::string code_in(std::string_view xml) {
    const std::size_t begin = xml.find("<Code>"), end = xml.find("</Code>");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + 6) return {};
    const std::string_view code = xml.substr(begin + 6, end - begin - 6);
    const bool word =
        code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
        std::string_view::npos;
    return word && code.size() <= kLongestCode ? std::string(code) : std::string();
  }

  CURL* curl_;
  const ByteRange range_;
  const RequestOptions& options_;
  RangeAnswer answer_;
  std::string error_text_;
  bool unwanted_ = false;  // the rest of an answer that need not come
};

void add(Headers& headers, const std::string& line) {
  curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
  if (!longer) throw Error(ExitCode::failure, "libcurl cannot be set up");
  static_cast<void>(headers.release());
  headers.reset(longer);
}

void sign(CURL* curl, const RemoteTarget& target, Headers& headers) {
  if (target.access_key.empty()) return;
  const std::string form = "aws:amz:" + target.region + ":s3";
  const std::string keys = target.access_key + ":" + target.secret_key;
  curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, form.c_str());
  curl_easy_setopt(curl, CURLOPT_USERPWD, keys.c_str());
  add(headers, std::string("x-amz-content-sha256: ") + kSha256OfNothing);
  if (!target.session_token.empty()) add(headers, "x-amz-security-token: " + target.session_token);
}

}  // namespace

RangeAnswer request_range(const RemoteTarget& target, ByteRange range, const RequestOptions& options) {
  CURL* const curl = thread_handle();
  std::array<char, CURL_ERROR_SIZE> error{};
  Headers headers;
  curl_easy_setopt(curl, CURLOPT_URL, target.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
                   lower_case(target.url.substr(0, 8)) == "https://" ? "https" : "http,https");
  // A signature holds for one server only.
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, target.bucket ? 0L : 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "actionflow");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, std::lround(options.silence)));
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // a name look-up is left behind
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error.data());
  if (const char* authorities = std::getenv("SSL_CERT_FILE"))
    curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
  const std::string wanted = fmt::format("{}-{}", range.offset, range.offset + range.size - 1);
  curl_easy_setopt(curl, CURLOPT_RANGE, wanted.c_str());
  sign(curl, target, headers);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  Exchange exchange(curl, range, options);
  exchange.listen();
  const CURLcode result = curl_easy_perform(curl);
  return exchange.finish(result, error.data());
}

}  // namespace actionflow
