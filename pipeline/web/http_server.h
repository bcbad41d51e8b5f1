// A small HTTP/1.1 server that nobody can hold up: requests in, answers out, on threads of its own.
//
// Each connection has a thread while it lasts. Of kMostConnections the one that has kept us waiting longest
// is closed for the next: slow clients never keep others out. A request has to be there within
// kRequestSeconds of its first byte and be no larger than kMostHead and kMostBody; of an answer, each
// kAnswerBytes have to be taken within kAnswerSeconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace actionflow {

struct HttpRequest {
  std::string method;
  std::string path;                          // decoded, without the query
  std::map<std::string, std::string> query;  // decoded; of several of one name the first
  std::string body;
  std::string peer;                                            // address of who asks
  std::function<std::string(const std::string& name)> header;  // empty where there is none

  std::optional<std::string> parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::nullopt : std::optional(found->second);
  }
};

struct HttpAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
  std::filesystem::path file = {};  // in place of the body; parts of it where the request asks for one
  // In place of the body, too: called again and again on the connection's thread, until it gives nothing any
  // more or the client is gone. Give something every few seconds.
  std::function<std::optional<std::string>()> parts = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class HttpServer {
 public:
  static constexpr std::size_t kMostConnections = 64;
  static constexpr std::size_t kMostHead = std::size_t{32} << 10;
  static constexpr std::size_t kMostBody = std::size_t{16} << 10;
  static constexpr double kRequestSeconds = 10;
  static constexpr double kIdleSeconds = 30;
  static constexpr double kAnswerSeconds = 30;
  static constexpr std::size_t kAnswerBytes = std::size_t{64} << 10;

  // Called by several threads at once; what it throws is answered by 500 and logged.
  using Handler = std::function<HttpAnswer(const HttpRequest&)>;

  // Listens from now on. Throws UsageError where that cannot be done there. Port 0: any that is free.
  HttpServer(const std::string& host, int port, Handler handler);
  // Ends all connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
