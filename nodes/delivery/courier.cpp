#include "nodes/delivery/courier.h"

#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log/log.h"
#include "base/machine/backoff.h"
#include "base/machine/clock.h"
#include "base/machine/wake.h"
#include "base/text/metric_text.h"

namespace actionflow {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdle{1000};
// A receiver that comes and goes is told of so often at most, an outage that lasts in any case.
constexpr double kTellAwaySeconds = 600;
// How often the thread that closes looks whether time is over.
constexpr milliseconds kCloseLook{20};

// A connection that the receiver has closed is an error of a write, not the end of the program.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace

struct Courier::Shared {
  void take_turn();
  void succeed();
  void fail(const Failure& failure);
  void say_farewell();
  void say_what_waits();
  void end();

  std::string name;
  std::shared_ptr<Spool> spool;
  std::shared_ptr<Delivery> delivery;
  std::function<bool()> expired;
  Wake wake;
  std::atomic<bool> connected{false};
  std::atomic<std::int64_t> delivered{0};
  std::atomic<std::int64_t> refused{0};
  std::atomic<std::int64_t> refused_ns{0};  // when the last one was
  std::atomic<std::int64_t> failures{0};
  std::atomic<bool> closing{false};
  std::atomic<bool> given_up{false};
  std::atomic<bool> told{false};  // what waits

  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;  // guarded by mutex

  // The thread's own.
  Backoff backoff;
  RateLimit away_lines{kTellAwaySeconds};
  bool told_away = false;
  bool done = false;
};

// One message, or a moment without any.
void Courier::Shared::take_turn() {
  wake.clear();
  const std::optional<Message> message = spool->front();
  if (!message) {
    done = closing;
    if (!done) delivery->idle(wake.descriptor(), kIdle);
    if (!done) succeed();
    return;
  }
  const bool taken = delivery->deliver(*message);
  ++(taken ? delivered : refused);
  if (!taken) refused_ns = steady_ns();
  spool->pop(*message);
  succeed();
}

void Courier::Shared::succeed() {
  connected = true;
  backoff.note_there(steady_ns());
  if (std::exchange(told_away, false))
    log::info("{}: back; {} messages wait to be sent", name, spool->state().messages);
}

void Courier::Shared::fail(const Failure& failure) {
  connected = false;
  ++failures;
  if (std::int64_t held_back = 0; !told_away && away_lines.pass(held_back)) {
    const bool unwritten = !spool->state().error.empty();
    log::warn("{}: {}; trying again, and what comes waits in {}{}", name, failure.message,
              unwritten ? "memory" : spool->file().string(),
              held_back > 0 ? fmt::format(" ({} more)", held_back) : "");
    told_away = true;
  }
  if (closing) {
    done = true;
    return;
  }
  // What is new does not end the pause; close() does.
  const Deadline deadline(std::chrono::duration<double>(backoff.next()).count());
  std::unique_lock lock(mutex);
  while (!closing && !deadline.passed()) changed.wait_for(lock, deadline.left());
}

void Courier::Shared::say_farewell() {
  try {
    if (connected) delivery->close();
    say_what_waits();
  } catch (...) {
    log::warn("{}: {}", name, Failure::from_current_exception().message);
  }
}

void Courier::Shared::say_what_waits() {
  if (told.exchange(true)) return;
  const Spool::State left = spool->state();
  if (left.messages > left.unsaved)
    log::warn("{}: {} messages were not sent; they wait in {} for the next run", name,
              left.messages - left.unsaved, spool->file().string());
  if (left.unsaved > 0)
    log::error("{}: {} messages were neither sent nor written, and are lost: {}", name, left.unsaved,
               left.error);
}

void Courier::Shared::end() {
  // Its connection ends here, whoever still holds the courier, and so does its hold on the spool's file.
  delivery.reset();
  const std::lock_guard lock(mutex);
  spool.reset();
  ended = true;
  changed.notify_all();
}

void Courier::run(const std::shared_ptr<Shared>& shared) {
  block_sigpipe();
  while (!shared->done && !shared->given_up) {
    try {
      shared->take_turn();
    } catch (...) {
      shared->fail(Failure::from_current_exception());
    }
  }
  shared->say_farewell();
  shared->end();
}

Courier::Courier(std::string name, std::shared_ptr<Spool> spool, std::shared_ptr<Delivery> delivery,
                 std::function<bool()> expired)
    : spool_(std::move(spool)), shared_(std::make_shared<Shared>()) {
  shared_->name = std::move(name);
  shared_->spool = spool_;
  shared_->delivery = std::move(delivery);
  shared_->expired = std::move(expired);
  std::thread([shared = shared_] { run(shared); }).detach();
}

Courier::~Courier() { close(); }

void Courier::wake() { shared_->wake.wake(); }

void Courier::close() {
  std::unique_lock lock(shared_->mutex);
  if (shared_->given_up) return;
  shared_->closing = true;
  shared_->changed.notify_all();
  shared_->wake.wake();
  while (!shared_->ended) {
    if (shared_->expired() && shared_->given_up.exchange(true)) break;
    shared_->changed.wait_for(lock, kCloseLook);
  }
  if (!shared_->ended) shared_->say_what_waits();
}

Courier::State Courier::state() const {
  return {shared_->connected, shared_->delivered, shared_->refused, shared_->failures};
}

std::string Courier::trouble(bool& loses) const {
  const Spool::State waiting = spool_->state();
  const std::int64_t refused_ns = shared_->refused_ns;
  const bool refusing = refused_ns > 0 && steady_ns() - refused_ns < Spool::kTroubleNs;
  loses = waiting.dropping || refusing;
  std::string words;
  const auto say = [&](const std::string& what) { words += (words.empty() ? "" : "; ") + what; };
  if (waiting.dropping) say("its spool is full, and the oldest messages are dropped");
  if (refusing)
    say("its receiver refuses messages, which are lost (" + std::to_string(shared_->refused) + " so far)");
  if (!waiting.error.empty()) say(waiting.error);
  if (waiting.messages > 0 && shared_->failures > 0 && !shared_->connected)
    say(std::to_string(waiting.messages) + " messages wait for a receiver that is away");
  return words.empty() ? words : shared_->name + ": " + words;
}

void Courier::measure(MetricText& text) const {
  const MetricText::Labels node{{"node", shared_->name}};
  const State own = state();
  const Spool::State waiting = spool_->state();
  const auto gauge = [&](std::string_view name, std::string_view help, std::int64_t value) {
    text.gauge(name, help, static_cast<double>(value), node);
  };
  const auto count = [&](std::string_view name, std::string_view help, std::int64_t value) {
    text.counter(name, help, static_cast<double>(value), node);
  };
  gauge("actionflow_receiver_up", "1 while messages reach their receiver", own.connected ? 1 : 0);
  gauge("actionflow_spool_messages", "messages that wait on disk", waiting.messages);
  gauge("actionflow_spool_bytes", "their size", waiting.bytes);
  gauge("actionflow_spool_unsaved_messages", "those of them that a full disk did not take, in memory alone",
        waiting.unsaved);
  count("actionflow_spool_dropped_total", "messages left out because the spool was full", waiting.dropped);
  count("actionflow_messages_delivered_total", "messages that their receiver has", own.delivered);
  count("actionflow_messages_refused_total", "messages that the receiver will never take", own.refused);
  count("actionflow_delivery_failures_total", "tries that failed", own.failures);
}

}  // namespace actionflow
