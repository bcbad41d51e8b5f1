#include "pipeline/run/stream_source.h"

#include <thread>
#include <utility>

#include "base/log/hourly.h"
#include "base/machine/heap.h"
#include "datasets/video/keyframe.h"
#include "datasets/video/source_policy.h"

namespace actionflow {

namespace {

// Packets of a stream that may stand in the graph before they are decoded.
constexpr int kPacketsInFlight = 16;
// Some cameras refresh their pictures bit by bit, and have no keyframes.
constexpr int kMostWithoutKeyframe = 300;
// Who sends without measure is not read without measure.
constexpr std::chrono::milliseconds kPauseLeavingOut{1};
// Wakes a waiting thread for what nobody tells it of.
constexpr std::chrono::milliseconds kLook{50};

bool comes_by_itself(SourceOptions options) {
  options.realtime = false;
  return is_live(options);
}

}  // namespace

// Counts a packet in the graph until its frames are on the grid.
class StreamSource::PacketTicket : public Ticket {
 public:
  explicit PacketTicket(std::shared_ptr<StreamSource> source)
      : Ticket(source->counter_), source_(std::move(source)) {
    const std::lock_guard lock(source_->mutex_);
    ++source_->in_flight_;
  }
  ~PacketTicket() override {
    {
      const std::lock_guard lock(source_->mutex_);
      --source_->in_flight_;
    }
    source_->changed_.notify_one();
  }

 private:
  std::shared_ptr<StreamSource> source_;
};

StreamSource::StreamSource(StreamLane& lane, SourceOptions options, std::shared_ptr<RunContext> run,
                           std::shared_ptr<const Lease> lease, std::function<void()> ended)
    : id_(lane.id()),
      options_(std::move(options)),
      run_(std::move(run)),
      lease_(std::move(lease)),
      state_(run_->shared_stream(id_)),
      counter_(lane.in_flight()),
      lane_(&lane),
      ended_(std::move(ended)),
      recording_(for_recording(lane, options_, run_, lease_)) {}

std::shared_ptr<StreamSource> StreamSource::for_recording(StreamLane& lane, const SourceOptions& options,
                                                          std::shared_ptr<RunContext> run,
                                                          std::shared_ptr<const Lease> lease) {
  if (options.record.empty()) return nullptr;
  SourceOptions main;
  main.source = options.record;
  main.transport = options.transport;
  main.silence = options.silence;
  main.retry = options.retry;
  main.allow_manifests = options.allow_manifests;
  auto source = std::make_shared<StreamSource>(lane, main, std::move(run), std::move(lease), nullptr);
  source->records_ = true;
  source->state_ = std::make_shared<StreamState>(lane.name() + " (recording)", main);
  return source;
}

bool StreamSource::ended() const {
  const std::lock_guard lock(mutex_);
  return lane_ == nullptr;
}

void StreamSource::start() {
  std::thread([self = shared_from_this()] { self->run_thread(); }).detach();
  const std::lock_guard lock(mutex_);
  if (recording_) recording_->start();
}

void StreamSource::stop() {
  state_->stop = true;
  changed_.notify_one();
  const std::lock_guard lock(mutex_);
  if (recording_) recording_->stop();
}

void StreamSource::wake() { changed_.notify_one(); }

void StreamSource::close() { finish(Mark::stopped); }

void StreamSource::run_thread() {
  Failure failure;
  tell(ConnectionState::opening);
  while (!read_connection(failure)) {
    if (state_->stop) return finish(Mark::stopped);
    if (!wait_and_retry(failure)) {
      if (!state_->stop) fail(failure);
      return finish(Mark::stopped);
    }
  }
  finish(state_->stop ? Mark::stopped : Mark::end);
}

// True when the source came to its end, false when it was lost or is not there.
bool StreamSource::read_connection(Failure& failure) {
  if (lost_lease()) return true;
  bool opened = false;
  try {
    std::unique_ptr<Reader> reader = Reader::open(options_, state_->stop, run_->clock());
    opened = true;
    was_open_ = true;
    state_->live = reader->info().live;
    pushed_ = state_->live && comes_by_itself(options_);
    leaving_out_ = false;
    // What looking at the stream took, which decodes some of it, and the lost connection's decoder.
    if (state_->live) give_back_free_memory();
    state_->take_loss();  // of the connection before
    put(Mark::begin, {Packet(), reader->codec_parameters()});
    read_packets(*reader);
    return true;
  } catch (const RefusedSource&) {
    refused_ = true;
    failure = Failure::from_current_exception();
  } catch (...) {
    failure = Failure::from_current_exception();
  }
  // After a stop the decoder is not to be emptied: pictures that come before those it holds were never read.
  if (opened && !state_->stop) put(Mark::lost, {});
  return false;
}

void StreamSource::read_packets(Reader& reader) {
  struct CountDamage {
    StreamState& state;
    Reader& reader;
    std::int64_t counted = 0;
    void look() { state.damaged += reader.damaged() - std::exchange(counted, reader.damaged()); }
    ~CountDamage() { look(); }
  } count{*state_, reader};
  while (!state_->stop && wait_for_room()) {
    if (const auto loss = state_->take_loss()) throw Error(loss->code, loss->message);
    std::optional<Packet> packet = reader.read();
    count.look();
    if (!packet || lost_lease()) return;
    reconnects_.note_packet(run_->clock().steady_ns());
    if (!gave_packets_) note_recovery();
    const bool left_out = pushed_ && leaves_out(*packet);
    put(Mark::none, {std::move(*packet), nullptr}, !left_out);
    if (left_out) std::this_thread::sleep_for(kPauseLeavingOut);
  }
}

// Another machine may watch it by now.
bool StreamSource::lost_lease() {
  if (!lease_ || lease_->holds()) return false;
  state_->stop = true;
  return true;
}

bool StreamSource::leaves_out(const Packet& packet) {
  const bool was = leaving_out_;
  bool no_keyframe = false;
  {
    const std::lock_guard lock(mutex_);
    // Networks go last, so they too get their time while nothing waits here.
    const bool room = in_flight_ < (leaving_out_ ? 1 : kPushedPackets);
    if (!leaving_out_ && !room) without_keyframe_ = 0;
    without_keyframe_ += room && leaving_out_ ? 1 : 0;
    const bool without = without_keyframe_ > kMostWithoutKeyframe;
    leaving_out_ = !room || (leaving_out_ && !is_keyframe(packet) && !without);
    no_keyframe = without && was && !leaving_out_;
  }
  if (leaving_out_ && !was && left_out_ == 0)
    log::warn("{}: {} pictures waited to be decoded; further ones are left out up to the next key frame",
              state_->name, kPushedPackets);
  if (no_keyframe)
    log::hourly(
        log::Level::warn,
        fmt::format("{}: no key frame in {} pictures that could have been decoded; goes on without, and "
                    "pictures may be damaged",
                    state_->name, kMostWithoutKeyframe));
  left_out_ += leaving_out_ ? 1 : 0;
  return leaving_out_;
}

// Live as far as one knows, which shows when it is open.
bool StreamSource::retries() const {
  const bool live = was_open_ ? state_->live.load() : comes_by_itself(options_);
  return options_.retry && live && !refused_;
}

bool StreamSource::wait_and_retry(const Failure& failure) {
  if (!retries()) return false;
  const Deadline next_attempt(std::chrono::duration<double>(reconnects_.next_wait()).count(), run_->clock());
  const std::int64_t now = run_->clock().steady_ns();
  if (gave_packets_) {
    if (const auto losses = reconnects_.note_loss(now))
      log::error("{}: lost {} times in 10 min; check its power, its cable and the network", state_->name,
                 *losses);
  }
  if (!down_) {
    loss_told_ = !reconnects_.restless(now);
    if (const auto at = loss_told_ ? log::Level::warn : log::Level::debug; log::level() <= at)
      log::write(at, failure.message + "; trying again until it is back");
    absence_ = Absence(now);
  } else {
    tell_absence(failure.message);
  }
  down_ = true;
  tell(ConnectionState::lost, failure.message);
  state_->newest_frame.forget();
  gave_packets_ = false;
  wait_until(next_attempt, failure.message);
  return !state_->stop;
}

void StreamSource::tell_absence(const std::string& why) {
  if (const auto minutes = absence_.due(run_->clock().steady_ns()))
    log::warn("{}: away for {} now; {}", state_->name, Absence::text(*minutes), why);
}

void StreamSource::note_recovery() {
  gave_packets_ = true;
  tell(ConnectionState::open);
  if (!down_) return;
  down_ = false;
  ++state_->reconnects;
  const std::int64_t now = run_->clock().steady_ns();
  const auto told = absence_.told(now);
  // The last loss may have been told, and its alarm or age have come since.
  const bool quiet = !told && !loss_told_;
  if (const auto at = quiet ? log::Level::debug : log::Level::info; log::level() <= at)
    log::write(at, state_->name + ": back" + (told ? " after " + Absence::text(*told) : ""));
}

// The item is let go after the mutex is free: the last copy of a ticket takes it again.
void StreamSource::put(Mark mark, PacketMessage message, bool decoded) {
  PacketItem item;
  item.ticket = std::make_shared<PacketTicket>(shared_from_this());
  item.mark = mark;
  item.outcome = std::move(message);
  const std::lock_guard lock(mutex_);
  item.key = {id_, 0, number_++};
  if (!lane_) return;
  if (!records_ && decoded)
    lane_->put(item);
  else if (records_ || options_.record.empty())
    lane_->put_recorded(item);
}

bool StreamSource::wait_for_room() {
  std::unique_lock lock(mutex_);
  while (lane_ && !state_->stop) {
    if (pushed_ || (in_flight_ < kPacketsInFlight && (state_->live || lane_->has_room()))) return true;
    changed_.wait_for(lock, kLook);
  }
  return false;
}

void StreamSource::wait_until(const Deadline& next_attempt, const std::string& why) {
  while (!state_->stop && !next_attempt.passed()) {
    tell_absence(why);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(kLook, next_attempt.left()));
  }
}

void StreamSource::tell(ConnectionState state, const std::string& error) {
  if (!records_) run_->set_connection(*state_, state, error);
}

void StreamSource::fail(const Failure& failure) {
  if (records_)
    log::error("{}: {}; no clips are recorded", state_->name, failure.message);
  else
    run_->fail_stream(id_, failure);
}

void StreamSource::end_recording() {
  std::shared_ptr<StreamSource> recording;
  {
    const std::lock_guard lock(mutex_);
    recording = std::exchange(recording_, nullptr);
  }
  if (!recording) return;
  recording->stop();
  recording->close();
}

// The pipeline is told while the mutex is held, so that once close() returns nothing reaches it any more.
void StreamSource::finish(Mark mark) {
  end_recording();
  put(mark, {});
  const std::lock_guard lock(mutex_);
  if (mark == Mark::end && lane_) state_->read_to_end = true;
  if (!state_->source_failed) tell(ConnectionState::ended);
  state_->newest_frame.forget();
  lane_ = nullptr;
  if (const auto ended = std::exchange(ended_, nullptr)) ended();
}

}  // namespace actionflow
