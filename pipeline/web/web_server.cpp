#include "pipeline/web/web_server.h"

#include <utility>

#include "base/log/log.h"
#include "pipeline/web/assets.h"

namespace actionflow {

namespace {

constexpr std::chrono::seconds kCount{1};

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpAnswer asset_answer(const std::string& name) {
  const Asset& asset = *find_asset(name);
  return {200, std::string(asset.type), std::string(asset.content)};
}

// What anybody may have: how to say the token.
bool asks_for_login(const HttpRequest& request) {
  return request.method == "GET" &&
         (request.path == "/" || request.path == "/login.js" || request.path == "/page.css");
}

void add_headers(HttpAnswer& answer) {
  answer.headers.emplace_back("Content-Security-Policy", kPolicy);
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("Referrer-Policy", "no-referrer");
  answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  answer.headers.emplace_back("Cache-Control", answer.file.empty() ? "no-store" : "private, max-age=60");
}

}  // namespace

WebServer::WebServer(const WebOptions& options, WebSources sources, const Clock& clock)
    : listen_(listen_address(options.listen).value()),
      access_(options.token, clock),
      api_(std::move(sources), clock),
      counter_([this] { count_frames(); }) {
  try {
    server_ = std::make_unique<HttpServer>(listen_.host, listen_.port,
                                           [this](const HttpRequest& request) { return answer(request); });
  } catch (...) {
    stop_counting();
    throw;
  }
  log::info("the page is at {}", address());
}

WebServer::~WebServer() {
  server_.reset();
  stop_counting();
}

void WebServer::stop_counting() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
  counter_.join();
}

std::string WebServer::address() const {
  return "http://" + ListenAddress{listen_.host, port()}.text() + "/";
}

void WebServer::count_frames() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    lock.unlock();
    api_.count_frames();
    lock.lock();
    stopping_.wait_for(lock, kCount, [this] { return stopped_; });
  }
}

HttpAnswer WebServer::answer(const HttpRequest& request) {
  HttpAnswer answer = route(request);
  add_headers(answer);
  return answer;
}

HttpAnswer WebServer::route(const HttpRequest& request) {
  if (auto refusal = access_.refusal(request)) {
    if (refusal->status != 401) return *refusal;
    if (request.method == "POST" && request.path == "/login") return access_.log_in(request);
    if (!asks_for_login(request)) return *refusal;
    if (request.path == "/") {
      HttpAnswer page = asset_answer("login.html");
      page.status = 401;
      return page;
    }
    return asset_answer(request.path.substr(1));
  }
  if (auto answer = api_.answer(request)) return *std::move(answer);
  if (request.method != "GET" && request.method != "HEAD") return {405, "text/plain", "only GET\n"};
  if (request.path == "/") return asset_answer("page.html");
  const bool part_of_page = request.path.ends_with(".css") || request.path.ends_with(".js");
  if (part_of_page && find_asset(request.path.substr(1))) return asset_answer(request.path.substr(1));
  if (request.path == "/api/openapi.json") return asset_answer("openapi.json");
  return {404, "text/plain; charset=utf-8", "there is no such page\n"};
}

}  // namespace actionflow
