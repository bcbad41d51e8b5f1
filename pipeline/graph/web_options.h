// The `web` of a pipeline file: where its page is served, and to whom.
#pragma once

#include <optional>
#include <string>

#include "base/config/config.h"
#include "base/config/secret.h"
#include "nodes/sinks/overlay_look.h"

namespace actionflow {

struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;      // 0: any that is free

  // 127.0.0.0/8, ::1 or localhost.
  bool is_loopback() const;
  // "127.0.0.1:8080", "[::1]:8080"
  std::string text() const;
};

// "8080" (on 127.0.0.1), "127.0.0.1:8080", "[::1]:8080", "localhost:0"; nullopt for anything else.
std::optional<ListenAddress> listen_address(const std::string& text);

struct WebOptions {
  // Enough that it is not guessed within the rate at which wrong ones are heard.
  static constexpr std::size_t kShortestToken = 16;

  std::string listen = "127.0.0.1:8080";
  Secret token;  // empty: none is asked for
  OverlayLook overlay;

  bool operator==(const WebOptions&) const = default;

  // What is wrong with them, empty where nothing is: "listen is '…', expected …".
  std::string wrong_listen() const;
  std::string wrong_token() const;

  static void describe(config::Fields<WebOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

}  // namespace actionflow
