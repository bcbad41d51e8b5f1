// A way to a server of this machine that can be cut so that the server alone notices it.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace actionflow::testing {

class TcpLink {
 public:
  explicit TcpLink(int server_port) : server_port_(server_port), listener_(open_socket()) {
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 8) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port for a link");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { carry(); });
  }
  ~TcpLink() {
    ended_ = true;
    thread_.join();
    for (const Pair& pair : pairs_) {
      close(pair.client);
      if (pair.server >= 0) close(pair.server);
    }
    close(listener_);
  }
  TcpLink(const TcpLink&) = delete;
  TcpLink& operator=(const TcpLink&) = delete;

  int port() const { return port_; }
  // Of the connections that there are, servers see the end, and clients nothing any more. Later ones are
  // made.
  void cut() { cut_ = true; }

 private:
  struct Pair {
    int client, server;  // server: -1 once it was cut
  };

  static int open_socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
  static sockaddr_in local(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }

  void carry() {
    constexpr int kLookMs = 20;
    while (!ended_) {
      if (cut_.exchange(false)) {
        for (Pair& pair : pairs_)
          if (pair.server >= 0) close(std::exchange(pair.server, -1));
      }
      std::vector<pollfd> ready{{listener_, POLLIN, 0}};
      for (const Pair& pair : pairs_) {
        ready.push_back({pair.server >= 0 ? pair.client : -1, POLLIN, 0});
        ready.push_back({pair.server, POLLIN, 0});
      }
      poll(ready.data(), ready.size(), kLookMs);
      for (std::size_t i = 0; i < pairs_.size(); ++i) {
        Pair& pair = pairs_[i];
        const bool over = (ready[2 * i + 1].revents != 0 && !pass(pair.client, pair.server)) ||
                          (ready[2 * i + 2].revents != 0 && !pass(pair.server, pair.client));
        if (!over) continue;
        shutdown(pair.client, SHUT_RDWR);
        close(std::exchange(pair.server, -1));
      }
      if (ready[0].revents != 0) take_up();
    }
  }

  void take_up() {
    const Pair pair{accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), open_socket()};
    const sockaddr_in address = local(server_port_);
    pairs_.push_back(pair);
    if (connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
    shutdown(pair.client, SHUT_RDWR);
    close(std::exchange(pairs_.back().server, -1));
  }

  static bool pass(int from, int to) {
    std::array<char, 4096> bytes;
    const ssize_t count = read(from, bytes.data(), bytes.size());
    return count > 0 && send(to, bytes.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
  }

  const int server_port_, listener_;
  int port_ = 0;
  std::atomic<bool> cut_{false}, ended_{false};
  std::vector<Pair> pairs_;  // the thread's own
  std::thread thread_;
};

}  // namespace actionflow::testing
