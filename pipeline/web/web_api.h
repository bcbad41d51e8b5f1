// What the page asks for, as JSON (assets/openapi.json describes it), pictures and clips.
//
// Everything comes from snapshots and from the store's table, over a connection of its own; nothing here
// waits for the graph. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "nodes/store/event_table.h"
#include "pipeline/web/http_server.h"
#include "pipeline/web/overload.h"
#include "pipeline/web/stream_api.h"
#include "pipeline/web/web_sources.h"

namespace actionflow {

class WebApi {
 public:
  static constexpr std::int64_t kMostEvents = 500;  // in one answer
  static constexpr int kTimelineParts = 240;        // of the time asked for, a bar each

  explicit WebApi(WebSources sources, const Clock& clock = Clock::system());

  // nullopt for a path that is not the API's.
  std::optional<HttpAnswer> answer(const HttpRequest& request);
  // Once a second or so, by whoever keeps the time.
  void count_frames();

 private:
  HttpAnswer health();
  HttpAnswer events(const HttpRequest& request);
  HttpAnswer timeline(const HttpRequest& request);
  // stream, label, since and until of a request; throws where they are wrong.
  EventQuery query_of(const HttpRequest& request) const;
  bool is_known_label(const StoredEvent& event, const std::string& label);
  HttpAnswer event_part(const HttpRequest& request);
  HttpAnswer correct(std::int64_t number, const std::string& body);
  HttpAnswer labels() const;
  EventTable& table();
  std::vector<StoredEvent> find(const EventQuery& query);

  const WebSources sources_;
  const Clock& clock_;
  StreamApi streams_;
  std::mutex overload_mutex_;
  Overload overload_;
  std::mutex table_mutex_;
  std::unique_ptr<EventTable> table_;  // opened when it is first asked for
};

}  // namespace actionflow
