// The page of a running pipeline: its server, who may ask, and what it answers.
//
//   WebServer web(description.web, {.streams = …});   // answers until it is destroyed
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "pipeline/graph/web_options.h"
#include "pipeline/web/http_server.h"
#include "pipeline/web/web_access.h"
#include "pipeline/web/web_api.h"

namespace actionflow {

class WebServer {
 public:
  // What `sources` refers to outlives it. Throws UsageError where it cannot listen there.
  WebServer(const WebOptions& options, WebSources sources, const Clock& clock = Clock::system());
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // "http://127.0.0.1:8080/"
  std::string address() const;
  int port() const { return server_->port(); }

 private:
  HttpAnswer answer(const HttpRequest& request);
  HttpAnswer route(const HttpRequest& request);
  void count_frames();
  void stop_counting();

  const ListenAddress listen_;
  WebAccess access_;
  WebApi api_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
  std::thread counter_;
  std::unique_ptr<HttpServer> server_;  // last: it calls the others
};

}  // namespace actionflow
