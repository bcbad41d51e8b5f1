// A real headless Chromium, told what to do over its debugging pipe.
//
// Chromium::path() is empty where none is installed. What goes wrong on a page (exceptions, refused requests)
// is collected.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/machine/clock.h"
#include "tests/datasets/make_video.h"

namespace actionflow::testing {

class Browser {
 public:
  static std::string path() {
    for (const char* file : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
      if (access(file, X_OK) == 0) return file;
    }
    return "";
  }

  explicit Browser(int width = 1280, int height = 800) {
    start();
    const Json made = call("Target.createTarget", {{"url", "about:blank"}});
    session_ =
        call("Target.attachToTarget", {{"targetId", made["targetId"]}, {"flatten", true}})["sessionId"];
    for (const char* domain : {"Page", "Runtime", "Log", "Network"}) call(std::string(domain) + ".enable");
    resize(width, height);
  }
  ~Browser() {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(to_);
    close(from_);
  }
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void resize(int width, int height) {
    call("Emulation.setDeviceMetricsOverride",
         {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", width < 600}});
  }
  void prefer(const std::string& scheme) {
    call("Emulation.setEmulatedMedia",
         {{"features", Json::array({{{"name", "prefers-color-scheme"}, {"value", scheme}}})}});
  }
  void open(const std::string& address) { call("Page.navigate", {{"url", address}}); }
  // The value of an expression; promises are waited for.
  nlohmann::json value(const std::string& expression) {
    const Json answer = call("Runtime.evaluate",
                             {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
    if (answer.contains("exceptionDetails")) throw std::runtime_error(answer["exceptionDetails"].dump());
    return answer["result"].value("value", Json());
  }
  // Looks until it is true; the limit stands only against a test that hangs.
  bool wait(const std::string& expression) {
    constexpr double kSeconds = 120;
    const Deadline deadline(kSeconds);
    while (!deadline.passed()) {
      try {
        const nlohmann::json now = value("Boolean(" + expression + ")");
        if (now.is_boolean() && now.get<bool>()) return true;
        hear();
      } catch (const std::runtime_error&) {
        // The page gives way to the next one.
      }
    }
    return false;
  }
  // "ArrowRight", "Tab", "Enter", "Escape"
  void press(const std::string& key) {
    Json event{{"key", key}, {"code", key}, {"windowsVirtualKeyCode", code(key)}};
    if (key == "Enter") event["text"] = "\r";
    for (const char* type : {"keyDown", "keyUp"}) {
      event["type"] = type;
      call("Input.dispatchKeyEvent", event);
    }
  }
  // A PNG file, base64.
  std::string screenshot() {
    return call("Page.captureScreenshot", {{"captureBeyondViewport", false}})["data"];
  }

  const std::vector<std::string>& problems() const { return problems_; }
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  using Json = nlohmann::json;

  static int code(const std::string& key) {
    const std::map<std::string, int> codes{{"Tab", 9},      {"Enter", 13},      {"Escape", 27},
                                           {"End", 35},     {"Home", 36},       {"ArrowLeft", 37},
                                           {"ArrowUp", 38}, {"ArrowRight", 39}, {"ArrowDown", 40}};
    return codes.at(key);
  }

  void start() {
    std::array<int, 2> in{}, out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("pipe");
    to_ = in[1];
    from_ = out[0];
    const std::string profile = "--user-data-dir=" + profile_.path().string();
    const std::string program = path();
    std::vector<const char*> words{program.c_str(),
                                   "--headless=new",
                                   "--no-sandbox",
                                   "--disable-gpu",
                                   "--disable-dev-shm-usage",
                                   "--no-first-run",
                                   "--disable-extensions",
                                   "--disable-background-networking",
                                   "--remote-debugging-pipe",
                                   profile.c_str(),
                                   "--mute-audio",
                                   "about:blank",
                                   nullptr};
    pid_ = fork();
    if (pid_ == 0) {
      setpgid(0, 0);
      // Beyond the numbers that it wants them at, so that none is closed by the other.
      const int reads = fcntl(in[0], F_DUPFD, 10);
      const int writes = fcntl(out[1], F_DUPFD, 10);
      dup2(reads, 3);
      dup2(writes, 4);
      close(reads);
      close(writes);
      const int nothing = ::open("/dev/null", O_WRONLY);
      dup2(nothing, 2);
      execv(words[0], const_cast<char* const*>(words.data()));
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
  }

  Json call(const std::string& method, Json parameters = Json::object()) {
    Json message{{"id", ++id_}, {"method", method}, {"params", std::move(parameters)}};
    if (!session_.empty()) message["sessionId"] = session_;
    const std::string text = message.dump();
    if (write(to_, text.c_str(), text.size() + 1) < 0) throw std::runtime_error("the browser is gone");
    for (;;) {
      Json answer = receive();
      if (!answer.contains("id")) {
        note(answer);
      } else if (answer["id"] == id_) {
        if (answer.contains("error")) throw std::runtime_error(method + ": " + answer["error"].dump());
        return answer["result"];
      }
    }
  }

  void note(const Json& event) {
    const std::string method = event.value("method", "");
    if (method == "Runtime.exceptionThrown") problems_.push_back(event["params"].dump());
    if (method == "Log.entryAdded" && event["params"]["entry"]["level"] == "error")
      problems_.push_back(event["params"]["entry"].dump());
    if (method == "Network.requestWillBeSent") requests_.push_back(event["params"]["request"]["url"]);
  }

  // What the browser tells in the next moment. Nothing is awaited in the page: one that gives way to the next
  // may never answer.
  void hear() {
    constexpr int kMomentMs = 100;
    pollfd ready{from_, POLLIN, 0};
    if (buffer_.find('\0') != std::string::npos || poll(&ready, 1, kMomentMs) > 0) note(receive());
  }

  Json receive() {
    constexpr int kMostMs = 120'000;
    for (;;) {
      if (const std::size_t end = buffer_.find('\0'); end != std::string::npos) {
        Json message = Json::parse(buffer_.substr(0, end));
        buffer_.erase(0, end + 1);
        return message;
      }
      pollfd ready{from_, POLLIN, 0};
      std::array<char, 65536> bytes{};
      const ssize_t count = poll(&ready, 1, kMostMs) > 0 ? read(from_, bytes.data(), bytes.size()) : 0;
      if (count <= 0) throw std::runtime_error("the browser does not answer");
      buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

  TemporaryFolder profile_;
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1;
  int id_ = 0;
  std::string session_;
  std::string buffer_;
  std::vector<std::string> problems_;
  std::vector<std::string> requests_;
};

}  // namespace actionflow::testing
