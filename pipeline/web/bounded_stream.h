// A connection of the server as cpp-httplib reads and writes it, with deadlines and bounds. For one thread.
#pragma once

#include <httplib.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "base/machine/clock.h"
#include "pipeline/web/http_server.h"

namespace actionflow {

// What one request may hold is bounded, too. The socket is the caller's to close.
class BoundedStream : public httplib::Stream {
 public:
  explicit BoundedStream(int socket) : socket_(socket) {}

  // Waits for the next request; false where none comes.
  bool await_request(double seconds) {
    deadline_ = Deadline(seconds);
    taken_ = 0;
    if (begin_ == end_ && !fill()) return false;
    deadline_ = Deadline(HttpServer::kRequestSeconds);
    return true;
  }
  void begin_answer() {
    deadline_ = Deadline(HttpServer::kAnswerSeconds);
    given_ = 0;
  }

  bool is_readable() const override { return begin_ < end_ || wait(POLLIN); }
  bool is_writable() const override { return wait(POLLOUT); }

  ssize_t read(char* to, std::size_t size) override {
    if (begin_ == end_ && !fill()) return -1;
    const std::size_t count = std::min(size, end_ - begin_);
    taken_ += count;
    if (taken_ > HttpServer::kMostHead + HttpServer::kMostBody) return -1;
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), count, to);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, std::size_t size) override {
    if (!wait(POLLOUT)) return -1;
    const ssize_t count = send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) given_ += static_cast<std::size_t>(count);
    if (given_ >= HttpServer::kAnswerBytes) begin_answer();
    return count;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override { name(getpeername, ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { name(getsockname, ip, port); }
  socket_t socket() const override { return socket_; }

 private:
  template <class Ask>
  void name(Ask ask, std::string& ip, int& port) const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> service{};
    if (ask(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host.data(), host.size(), service.data(),
                    service.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
      return;
    ip = host.data();
    port = std::atoi(service.data());
  }

  bool wait(short what) const {
    pollfd ready{socket_, what, 0};
    const double left_ms = deadline_.seconds_left() * 1000;
    return left_ms > 0 && poll(&ready, 1, static_cast<int>(left_ms) + 1) > 0;
  }

  bool fill() {
    if (!wait(POLLIN)) return false;
    const ssize_t count = recv(socket_, buffer_.data(), buffer_.size(), 0);
    begin_ = 0;
    end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    return count > 0;
  }

  const int socket_;
  Deadline deadline_{0};
  std::size_t taken_ = 0;  // of this request
  std::size_t given_ = 0;  // since the deadline was set
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace actionflow
