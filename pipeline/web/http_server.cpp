// cpp-httplib parses requests and writes answers; sockets (bounded_stream.h), threads and limits are ours.
#include "pipeline/web/http_server.h"

#include <fcntl.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log/log.h"
#include "pipeline/web/bounded_stream.h"
#include "pipeline/web/connections.h"

namespace actionflow {

namespace {

constexpr std::size_t kLongestPath = 512;
constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr std::size_t kFileChunk = std::size_t{64} << 10;

// A thread for each connection; their number is bounded by Connections.
class ThreadEach : public httplib::TaskQueue {
 public:
  explicit ThreadEach(Connections& connections) : connections_(connections) {}
  void enqueue(std::function<void()> task) override {
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    std::thread([this, task = std::move(task)] {
      task();
      const std::lock_guard lock(mutex_);
      --running_;
      changed_.notify_all();
    }).detach();
  }
  void shutdown() override {
    connections_.close_all();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  Connections& connections_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
};

HttpRequest request_of(const httplib::Request& from) {
  HttpRequest request;
  request.method = from.method;
  request.path = from.path;
  for (const auto& [name, value] : from.params) request.query.emplace(name, value);
  request.body = from.body;
  request.peer = from.remote_addr;
  request.header = [&from](const std::string& name) { return from.get_header_value(name); };
  return request;
}

// A part of a file, read while it is sent.
void give_file(const HttpAnswer& answer, const httplib::Ranges& ranges, httplib::Response& to) {
  const int descriptor = open(answer.file.c_str(), O_RDONLY | O_CLOEXEC);
  const auto size = descriptor < 0 ? 0 : lseek(descriptor, 0, SEEK_END);
  const auto beyond = [&](const httplib::Range& range) {
    return range.first >= size || range.second >= size;
  };
  const bool wrong = std::any_of(ranges.begin(), ranges.end(), beyond);
  if (size <= 0 || wrong) {
    if (descriptor >= 0) close(descriptor);
    to.status = size <= 0 ? 404 : 416;
    return to.set_content(size <= 0 ? "it is no longer kept\n" : "it is not so long\n", kPlain);
  }
  to.status = -1;  // 200, or 206 where a part is asked for
  to.set_content_provider(
      static_cast<std::size_t>(size), answer.type,
      [descriptor](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        std::array<char, kFileChunk> chunk{};
        const ssize_t count =
            pread(descriptor, chunk.data(), std::min(length, chunk.size()), static_cast<off_t>(offset));
        return count > 0 && sink.write(chunk.data(), static_cast<std::size_t>(count));
      },
      [descriptor](bool) { close(descriptor); });
}

void give_parts(const HttpAnswer& answer, httplib::Response& to) {
  to.set_chunked_content_provider(answer.type, [next = answer.parts](std::size_t, httplib::DataSink& sink) {
    const auto part = next();
    if (!part) sink.done();
    return !part || sink.write(part->data(), part->size());
  });
}

void put_answer(const HttpAnswer& answer, const httplib::Ranges& ranges, httplib::Response& to) {
  to.status = answer.status;
  for (const auto& [name, value] : answer.headers) to.set_header(name, value);
  if (!answer.file.empty()) return give_file(answer, ranges, to);
  if (answer.parts) return give_parts(answer, to);
  to.set_content(answer.body, answer.type);
}

class Server : public httplib::Server {
 public:
  Server(Connections& connections, HttpServer::Handler handler)
      : connections_(connections), handler_(std::move(handler)) {
    new_task_queue = [this] { return new ThreadEach(connections_); };
    set_payload_max_length(HttpServer::kMostBody);
    set_tcp_nodelay(true);  // heads and bodies go out in two writes
    set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
      if (from.path.size() > kLongestPath || from.ranges.size() > 1) {
        put_answer({414, kPlain, "too much is asked for\n"}, {}, to);
        return HandlerResponse::Handled;
      }
      // A body is read first. Without a length there is none (RFC 9112, 6.3), but the library waits for one.
      const bool has_body = from.has_header("Content-Length") || from.has_header("Transfer-Encoding");
      const bool reads = from.method == "GET" || from.method == "HEAD";
      if (has_body && !reads) return HandlerResponse::Unhandled;
      answer(from, to);
      return HandlerResponse::Handled;
    });
    const auto whole = [this](const httplib::Request& from, httplib::Response& to) { answer(from, to); };
    Post(".*", whole);
    Put(".*", whole);
    Patch(".*", whole);
    Delete(".*", whole);
  }

  // The library's own is five connections that wait to be taken, which one client fills.
  void widen_backlog() { ::listen(svr_sock_, SOMAXCONN); }

 private:
  void answer(const httplib::Request& from, httplib::Response& to) {
    try {
      put_answer(handler_(request_of(from)), from.ranges, to);
    } catch (const std::exception& error) {
      log::warn("web: {} {}: {}", from.method, from.path, error.what());
      put_answer({500, kPlain, "this could not be answered; the log says why\n"}, {}, to);
    }
  }

  bool process_and_close_socket(socket_t socket) override {
    const bool taken = connections_.add(socket);
    if (taken) serve(socket);
    connections_.remove(socket);
    shutdown(socket, SHUT_RDWR);
    close(socket);
    return taken;
  }

  void serve(socket_t socket) {
    BoundedStream stream(socket);
    bool closed = false;
    while (!closed && stream.await_request(HttpServer::kIdleSeconds)) {
      bool understood = false;
      const bool answered = process_request(stream, false, closed, [&](httplib::Request&) {
        understood = true;
        connections_.answering(socket, true);
        stream.begin_answer();
      });
      // Where a request is none, nobody knows where the next one begins.
      if (!answered || !understood) return;
      connections_.answering(socket, false);
    }
  }

  Connections& connections_;
  const HttpServer::Handler handler_;
};

}  // namespace

struct HttpServer::State {
  explicit State(Handler handler) : server(connections, std::move(handler)) {}

  Connections connections{kMostConnections};
  Server server;
  std::thread thread;
  std::atomic<bool> over{false};
  int port = 0;
};

HttpServer::HttpServer(const std::string& host, int port, Handler handler)
    : state_(std::make_unique<State>(std::move(handler))) {
  errno = 0;
  // The library's own option lets a second program listen on a port that is taken.
  state_->server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  state_->port = port;
  if (port == 0) {
    state_->port = state_->server.bind_to_any_port(host);
  } else if (!state_->server.bind_to_port(host, port)) {
    state_->port = -1;
  }
  if (state_->port < 0)
    throw UsageError("web: cannot listen on " + host + ":" + std::to_string(port) +
                     (errno != 0 ? std::string(": ") + std::strerror(errno) : "") +
                     ", expected an address of this machine and a port that is free");
  state_->server.widen_backlog();
  state_->thread = std::thread([state = state_.get()] {
    state->server.listen_after_bind();
    state->over = true;
  });
}

HttpServer::~HttpServer() {
  // stop() is heard only by a server that runs.
  while (!state_->server.is_running() && !state_->over)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  state_->server.stop();
  state_->thread.join();
}

int HttpServer::port() const { return state_->port; }

}  // namespace actionflow
