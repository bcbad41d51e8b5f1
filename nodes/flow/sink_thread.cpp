#include "nodes/flow/sink_thread.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log/log.h"

namespace actionflow {

namespace {

// How often the waiting thread looks whether the run was stopped.
constexpr std::chrono::milliseconds kStopLook{20};
// A disk that is full may take small things and refuse larger ones, with each event.
constexpr double kWritesAgainSeconds = 600;

}  // namespace

struct SinkThread::State {
  struct Entry {
    Loss loss = Loss::never;
    Task task;
    std::int64_t bytes = 0;
    Success success = Success::writes;
  };

  bool full() const { return entries.size() >= capacity || bytes >= kMostBytes; }
  std::deque<Entry>::iterator oldest(Loss loss) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const Entry& entry) { return entry.loss == loss; });
  }
  void drop_one();
  void make_room();
  Entry take_out(std::deque<Entry>::iterator entry);
  void note_outcome(const std::optional<Failure>& failure, Success success);
  void tell_lost(const char* how);
  void note_loss(const std::string& what, bool loses);
  std::int64_t& dropped_of(Loss loss) { return dropped[static_cast<std::size_t>(loss)]; }

  std::string name;
  std::shared_ptr<RunContext> run;
  Task finish;
  std::size_t capacity = 0;

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Entry> entries;
  std::int64_t bytes = 0;  // of all of them
  std::function<void()> room, clear_up;
  std::array<std::int64_t, 3> dropped{};                   // by Loss
  std::int64_t failed = 0, failed_in_a_row = 0, lost = 0;  // lost: since that was last told
  std::int64_t missed = 0;  // results dropped while the task that runs, or is next, was waited for
  std::optional<RateLimit> writes_again;
  Trouble newest_loss;
  std::int64_t loss_ns = 0;  // of that
  bool closed = false;
  bool ended = false;
};

// There is one that may go.
void SinkThread::State::drop_one() {
  auto going = oldest(Loss::early);
  if (going == entries.end()) going = oldest(Loss::seldom);
  if (going->loss == Loss::seldom) ++missed;
  if (dropped_of(going->loss)++ == 0)
    log::warn("{}: too slow for a live stream; the oldest of what waits is dropped", name);
  note_loss("is too slow for a live stream; the oldest of what waits is dropped",
            going->loss == Loss::seldom);
  take_out(going);
}

// One picture may be larger than all that may wait.
void SinkThread::State::make_room() {
  if (entries.size() > capacity) drop_one();
  while (bytes > kMostBytes && entries.size() > 1 && oldest(Loss::early) != entries.end()) drop_one();
}

SinkThread::State::Entry SinkThread::State::take_out(std::deque<Entry>::iterator entry) {
  Entry taken = std::move(*entry);
  entries.erase(entry);
  bytes -= taken.bytes;
  return taken;
}

void SinkThread::State::note_loss(const std::string& what, bool loses) {
  newest_loss = {name + " " + what, loses};
  loss_ns = run->clock().steady_ns();
}

// Of a task that was to write something.
void SinkThread::State::note_outcome(const std::optional<Failure>& failure, Success success) {
  const std::int64_t missed_now = std::exchange(missed, 0);
  if (failure || failed_in_a_row > 0) lost += missed_now;
  if (failure) {
    ++failed;
    ++failed_in_a_row;
    note_loss("cannot write: " + failure->message, true);
    ++lost;
  } else if (success == Success::writes) {
    failed_in_a_row = 0;
    if (std::int64_t held_back = 0; lost > 0 && writes_again->pass(held_back)) tell_lost("writes again; ");
  }
}

void SinkThread::State::tell_lost(const char* how) {
  log::warn("{}: {}{} {} lost meanwhile", name, how, lost, lost == 1 ? "result was" : "results were");
  lost = 0;
}

SinkThread::SinkThread(std::string name, std::shared_ptr<RunContext> run, Task finish, std::size_t capacity)
    : state_(std::make_shared<State>()) {
  state_->name = std::move(name);
  state_->run = std::move(run);
  state_->writes_again.emplace(kWritesAgainSeconds, state_->run->clock());
  state_->finish = std::move(finish);
  state_->capacity = capacity;
  std::thread([state = state_] { run_tasks(state); }).detach();
}

SinkThread::~SinkThread() {
  close();
  join();
}

void SinkThread::run_tasks(const std::shared_ptr<State>& state) {
  const auto guarded = [&](const Task& task) -> std::optional<Failure> {
    try {
      if (task) task();
      return std::nullopt;
    } catch (...) {
      const Failure failure = Failure::from_current_exception();
      state->run->report_sink(state->name, failure);
      return failure;
    }
  };
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->changed.wait(lock, [&] { return !state->entries.empty() || state->closed; });
    if (state->ended) return;  // left behind
    Task task = state->finish;
    Success success = Success::writes;
    const bool last = state->entries.empty();
    if (!last) {
      const bool was_full = state->full();
      State::Entry entry = state->take_out(state->entries.begin());
      task = std::move(entry.task);
      success = entry.success;
      if (was_full && !state->full() && state->room) state->room();
    }
    lock.unlock();
    const std::optional<Failure> failure = guarded(task);
    task = nullptr;
    lock.lock();
    if (last) break;
    state->note_outcome(failure, success);
  }
  // What failed to the end is the run's to say.
  if (state->lost > 0 && state->failed_in_a_row == 0) state->tell_lost("");
  state->finish = nullptr;
  state->ended = true;
  state->changed.notify_all();
}

void SinkThread::post(Loss loss, Task task, std::int64_t bytes, Success success) {
  const std::lock_guard lock(state_->mutex);
  state_->entries.push_back({loss, std::move(task), bytes, success});
  state_->bytes += bytes;
  if (loss != Loss::never) state_->make_room();
  state_->changed.notify_all();
}

bool SinkThread::has_room() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->full();
}

void SinkThread::on_room(std::function<void()> room) {
  const std::lock_guard lock(state_->mutex);
  state_->room = std::move(room);
}

void SinkThread::on_left_behind(std::function<void()> clear_up) {
  const std::lock_guard lock(state_->mutex);
  state_->clear_up = std::move(clear_up);
}

void SinkThread::close() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->changed.notify_all();
}

void SinkThread::join() {
  std::unique_lock lock(state_->mutex);
  while (!state_->ended && !state_->run->sinks_expired()) state_->changed.wait_for(lock, kStopLook);
  state_->room = nullptr;
  if (std::exchange(state_->ended, true)) return;
  for (const State::Entry& entry : state_->entries) ++state_->dropped_of(entry.loss);
  log::warn("{}: not written to its end, since nothing took its results within 2 s of the stop",
            state_->name);
  if (state_->clear_up) state_->clear_up();
}

std::size_t SinkThread::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->entries.size();
}

std::size_t SinkThread::capacity() const { return state_->capacity; }

std::int64_t SinkThread::dropped() const {
  return dropped(Loss::never) + dropped(Loss::seldom) + dropped(Loss::early);
}

std::int64_t SinkThread::failed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failed;
}

std::optional<Trouble> SinkThread::trouble() const {
  const std::lock_guard lock(state_->mutex);
  const bool fresh = state_->loss_ns > 0 && state_->run->clock().steady_ns() - state_->loss_ns < kTroubleNs;
  if (!fresh && state_->failed_in_a_row == 0) return std::nullopt;
  return state_->newest_loss;
}

std::int64_t SinkThread::dropped(Loss loss) const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped_of(loss);
}

}  // namespace actionflow
