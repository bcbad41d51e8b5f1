// A pipeline with a page: real cameras, as far as files at their own speed are, a real store and a real
// server.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "nodes/store/event_store.h"
#include "pipeline/web/page_sources.h"
#include "pipeline/web/web_server.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/browser.h"
#include "tests/tools/http_ask.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {

using nlohmann::json;

// Two cameras that are files played at their own speed; at such thresholds one class or another is always
// under way in them.
class Page : public ::testing::Test {
 protected:
  explicit Page(const std::string& token = "") {
    bench_.video("door.mp4", 3000, 1);
    bench_.video("yard.mp4", 3000, 2);
    bench_.video("gate.mp4", 100, 3);
    yaml_ =
        "defaults: {realtime: true}\nstreams: {door: door.mp4, \"yard <b>\": yard.mp4, gate: "
        "gate.mp4}\ngraph:\n"
        "  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 1}\n"
        "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
        "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
        "  kept: {node: store, from: actions, folder: state, before: 0, after: 0.2}\n"
        "web: {listen: \"127.0.0.1:0\"" +
        (token.empty() ? "" : ", token: " + token) + "}\n";
    description_ = describe({});
    latest_ = std::make_shared<LatestResults>();
    pipeline_ = std::make_unique<Pipeline>(description_, latest_);
    reload_ =
        std::make_unique<Reload>(*pipeline_, description_, "pipeline.yaml", [this] { return description_; });
    changes_ = std::make_unique<StreamChanges>(*reload_, *pipeline_, saved_, description_.defaults);
    settings_ = std::make_unique<SettingsChanges>(
        *reload_, *pipeline_, saved_, [this](const config::Value& settings) { return describe(settings); });
    server_ = std::make_unique<WebServer>(
        *description_.web, page_sources(*pipeline_, description_, latest_, changes_.get(), settings_.get()));
    run_ = std::thread([this] { pipeline_->run(); });
  }
  ~Page() override {
    server_.reset();
    pipeline_->stop();
    run_.join();
  }

  // As the next run would read it.
  PipelineDescription describe(const config::Value& settings) const {
    PipelineOverrides overrides;
    overrides.settings = settings;
    return read_pipeline(config::parse(yaml_, "pipeline.yaml", bench_.folder()), overrides);
  }
  int port() const { return server_->port(); }
  std::filesystem::path state() const { return bench_.folder() / "state"; }

  // Looks again with each frame of the cameras, not more often than a page is answered.
  template <class Condition>
  bool look_for(Condition&& condition) const {
    std::int64_t frames = 0;
    return wait_for([&] {
      const std::int64_t now = pipeline_->progress().frames();
      if (now == frames) return false;
      frames = now;
      return condition();
    });
  }

  // An event that is over and has its clip.
  std::optional<json> finished_event() const {
    const json found = json::parse(http_get(port(), "/api/events?limit=500").body);
    for (const json& event : found["events"]) {
      if (event["state"] == "ended" && !event["clip"].is_null()) return event;
    }
    return std::nullopt;
  }
  json wait_for_event() const {
    std::optional<json> event;
    EXPECT_TRUE(look_for([&] { return (event = finished_event()).has_value(); }));
    return event.value_or(json());
  }
  std::string text(const std::string& name) const {
    std::ifstream file(state() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  GraphBench bench_;
  std::string yaml_;
  SavedSettings saved_{bench_.folder() / "pipeline.settings.json"};
  PipelineDescription description_;
  std::shared_ptr<LatestResults> latest_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Reload> reload_;
  std::unique_ptr<StreamChanges> changes_;
  std::unique_ptr<SettingsChanges> settings_;
  std::unique_ptr<WebServer> server_;
  std::thread run_;
};

class LockedPage : public Page {
 protected:
  LockedPage() : Page("0123456789abcdef") {}
};

// Where ACTIONFLOW_SCREENSHOTS names a folder, what the browser shows is left there to be looked at.
inline void keep_screenshot(Browser& browser, const std::string& name) {
  const char* folder = std::getenv("ACTIONFLOW_SCREENSHOTS");
  if (folder) std::ofstream(std::filesystem::path(folder) / (name + ".png.base64")) << browser.screenshot();
}

}  // namespace actionflow::testing
