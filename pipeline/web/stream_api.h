// What the page asks for of the streams that run, and changes of them: states, live pictures and videos,
// streams added and removed, settings. Nothing here waits for the graph but a change, until it is done.
// Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "pipeline/web/http_server.h"
#include "pipeline/web/live_pictures.h"
#include "pipeline/web/stream_rates.h"
#include "pipeline/web/web_sources.h"

namespace actionflow {

class StreamApi {
 public:
  // Videos that are watched at one time, and their pictures a second at most.
  static constexpr int kMostVideos = 16;
  static constexpr double kVideoRate = 12.5;

  // `sources` outlives it, and it the videos that it gave. `events_kept`: what is told beside the streams.
  StreamApi(const WebSources& sources, bool events_kept, const Clock& clock);

  // nullopt for a path that is not of streams.
  std::optional<HttpAnswer> answer(const HttpRequest& request);
  // Once a second or so, by whoever keeps the time.
  void count_frames();

 private:
  HttpAnswer streams();
  HttpAnswer change_stream(const std::string& name, const HttpRequest& request);
  HttpAnswer picture(const HttpRequest& request);
  HttpAnswer video(const std::string& name);
  HttpAnswer settings(const HttpRequest& request);
  bool has_stream(const std::string& name) const;
  nlohmann::ordered_json stream_json(const StreamView& view);

  const WebSources& sources_;
  const bool events_kept_;
  const Clock& clock_;
  LivePictures pictures_;
  const std::shared_ptr<std::atomic<int>> videos_ = std::make_shared<std::atomic<int>>(0);
  std::mutex rates_mutex_;
  StreamRates rates_;
};

}  // namespace actionflow
