#include "pipeline/web/stream_api.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text/mask.h"
#include "pipeline/web/api_answers.h"

namespace actionflow {

namespace {

using StreamJson = nlohmann::ordered_json;

constexpr std::string_view kStreams = "/api/streams/";
constexpr std::string_view kVideo = "/video";
constexpr const char* kBoundary = "picture";
// How long a video goes on without a picture, and after what a picture is sent again where there is no newer
// one: so a client that is gone is found.
constexpr double kEmptySeconds = 10, kAgainSeconds = 2;

double seconds_under_way(const EventResult& event, std::int64_t now_ns) {
  const double start = event.change.start;
  if (!event.zero_ns) return event.change.decided - start;
  return std::max(0., static_cast<double>(now_ns - *event.zero_ns) * 1e-9 - start);
}

StreamJson labels_json(const std::vector<ScoredLabel>& top) {
  StreamJson list = StreamJson::array();
  for (const ScoredLabel& one : top)
    list.push_back({{"label", one.label}, {"score", rounded(double{one.score}, 1e4)}});
  return list;
}

// Of a change: each thing that is wrong on its own, without the text around it.
std::string reason(const Error& error) {
  const auto* of_file = dynamic_cast<const config::ConfigError*>(&error);
  if (!of_file) return error.what();
  std::string text;
  for (const config::Diagnostic& one : of_file->diagnostics())
    text += (text.empty() ? "" : "; ") + one.message + (one.hint.empty() ? "" : " (" + one.hint + ")");
  return without_credentials(text);
}

int status_of(const Error& error) {
  if (error.exit_code() == ExitCode::failure) return 500;
  return error.exit_code() == ExitCode::source ? 404 : 400;
}

// One of the videos that are watched, until it goes.
class Watching {
 public:
  explicit Watching(std::shared_ptr<std::atomic<int>> count) : count_(std::move(count)) { ++*count_; }
  ~Watching() { --*count_; }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

 private:
  const std::shared_ptr<std::atomic<int>> count_;
};

// The parts of a multipart answer: a picture each, when there is a newer one.
class VideoParts {
 public:
  VideoParts(LivePictures& pictures, std::string stream) : pictures_(pictures), stream_(std::move(stream)) {}

  // Blocks until there is one; nullopt where none comes any more.
  std::optional<std::string> next() {
    constexpr std::chrono::nanoseconds kStep{static_cast<std::int64_t>(1e9 / StreamApi::kVideoRate)};
    const Deadline empty(kEmptySeconds), again(kAgainSeconds);
    while (!empty.passed()) {
      std::this_thread::sleep_for(kStep);
      const LivePictures::Jpeg now = pictures_.annotated(stream_);
      if (!now || (now == last_ && !again.passed())) continue;
      last_ = now;
      return std::string("--") + kBoundary +
             "\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(now->size()) + "\r\n\r\n" +
             *now + "\r\n";
    }
    return std::nullopt;
  }

 private:
  LivePictures& pictures_;
  const std::string stream_;
  LivePictures::Jpeg last_;
};

}  // namespace

StreamApi::StreamApi(const WebSources& sources, bool events_kept, const Clock& clock)
    : sources_(sources), events_kept_(events_kept), clock_(clock), pictures_(sources) {}

std::optional<HttpAnswer> StreamApi::answer(const HttpRequest& request) try {
  const std::string& path = request.path;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == "/api/settings") return settings(request);
  if (path.starts_with(kStreams)) {
    const std::string name = path.substr(kStreams.size());
    if (!name.ends_with(kVideo)) return change_stream(name, request);
    return reads ? video(name.substr(0, name.size() - kVideo.size()))
                 : wrong(405, "only GET is answered here");
  }
  if (path != "/api/streams" && path != "/api/picture") return std::nullopt;
  if (!reads) return wrong(405, "only GET is answered here");
  return path == "/api/streams" ? streams() : picture(request);
} catch (const Error& error) {
  return wrong(status_of(error), reason(error));
}

void StreamApi::count_frames() {
  const std::vector<StreamView> views = sources_.streams();
  const std::lock_guard lock(rates_mutex_);
  rates_.count(views, clock_.steady_ns());
}

HttpAnswer StreamApi::streams() {
  StreamJson list = StreamJson::array();
  for (const StreamView& view : sources_.streams()) list.push_back(stream_json(view));
  StreamJson troubles = StreamJson::array();
  for (const Trouble& trouble : sources_.troubles ? sources_.troubles() : std::vector<Trouble>())
    troubles.push_back(trouble.what);
  return json_answer({{"time", utc_text(clock_.wall_ns())},
                      {"events_kept", events_kept_},
                      {"changeable", sources_.settings != nullptr},
                      {"troubles", std::move(troubles)},
                      {"streams", std::move(list)}});
}

// PUT and DELETE
HttpAnswer StreamApi::change_stream(const std::string& name, const HttpRequest& request) {
  if (request.method != "PUT" && request.method != "DELETE") return wrong(405, "expected PUT or DELETE");
  if (sources_.changes == nullptr)
    return wrong(409, "recorded files are read to their end, and then the run ends");
  if (request.method == "DELETE")
    return sources_.changes->remove(name) == StreamChanges::Done::nothing
               ? wrong(404, "there is no such stream")
               : HttpAnswer{204};
  return {sources_.changes->put(name, request.body) == StreamChanges::Done::added ? 201 : 204};
}

HttpAnswer StreamApi::settings(const HttpRequest& request) {
  if (sources_.settings == nullptr)
    return wrong(409, "recorded files are read to their end, and then the run ends");
  if (request.method == "PATCH") {
    sources_.settings->change(request.body);
  } else if (request.method != "GET" && request.method != "HEAD") {
    return wrong(405, "expected GET or PATCH");
  }
  return json_answer(sources_.settings->json());
}

StreamJson StreamApi::stream_json(const StreamView& view) {
  const LatestResults::Latest latest =
      sources_.latest ? sources_.latest->latest(view.name) : LatestResults::Latest();
  double fps = 0;
  {
    const std::lock_guard lock(rates_mutex_);
    fps = rates_.frames_per_second(view.name);
  }
  StreamJson json{{"name", view.name},
                  {"state", to_string(view.state)},
                  {"since", view.since_ns > 0 ? StreamJson(utc_text(view.since_ns)) : StreamJson(nullptr)},
                  {"error", view.error.empty() ? StreamJson(nullptr) : StreamJson(view.error)},
                  {"fps", rounded(fps, 10)},
                  {"latency_ms", rounded(view.latency_ms, 10)},
                  {"frames", view.frames},
                  {"windows", view.windows},
                  {"dropped", view.dropped},
                  {"failed", view.failed},
                  {"damaged", view.damaged},
                  {"events", view.events},
                  {"reconnects", view.reconnects},
                  {"none", latest.none},
                  {"top", labels_json(latest.top)},
                  {"event", nullptr}};
  if (latest.event) {
    const EventResult& event = *latest.event;
    json["event"] = {{"id", event.id},
                     {"label", event.label},
                     {"score", rounded(double{event.change.score}, 1e4)},
                     {"seconds", rounded(seconds_under_way(event, clock_.wall_ns()), 10)}};
  }
  return json;
}

HttpAnswer StreamApi::picture(const HttpRequest& request) {
  const auto stream = request.parameter("stream");
  if (!stream) return wrong(400, "expected stream=NAME");
  if (!has_stream(*stream)) return wrong(404, "there is no such stream");
  const LivePictures::Jpeg jpeg = pictures_.plain(*stream);
  return jpeg ? HttpAnswer{200, "image/jpeg", *jpeg} : HttpAnswer{204};
}

HttpAnswer StreamApi::video(const std::string& name) {
  if (!has_stream(name)) return wrong(404, "there is no such stream");
  if (*videos_ >= kMostVideos) return wrong(503, "so many videos are watched already");
  HttpAnswer answer{200, std::string("multipart/x-mixed-replace; boundary=") + kBoundary};
  answer.parts = [watching = std::make_shared<Watching>(videos_),
                  video = std::make_shared<VideoParts>(pictures_, name)] { return video->next(); };
  return answer;
}

bool StreamApi::has_stream(const std::string& name) const {
  const std::vector<StreamView> views = sources_.streams();
  return std::any_of(views.begin(), views.end(), [&](const StreamView& view) { return view.name == name; });
}

}  // namespace actionflow
