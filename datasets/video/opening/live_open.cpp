#include "datasets/video/opening/live_open.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace actionflow {

namespace {

// FFmpeg's own deadline comes first and says more; this one is for calls that it cannot end.
constexpr std::chrono::milliseconds kGrace{250};
constexpr std::chrono::milliseconds kPoll{20};

struct Job {
  Job(const SourceOptions& opened, SourceKind opened_kind, const Clock& clock)
      : options(opened), kind(opened_kind), input(clock) {}

  const SourceOptions options;
  const SourceKind kind;
  Input input;

  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::exception_ptr error;

  void run() noexcept {
    std::exception_ptr thrown;
    try {
      open_input(options, kind, input);
    } catch (...) {
      thrown = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    error = thrown;
    done = true;
    changed.notify_all();
  }
};

}  // namespace

std::shared_ptr<Input> open_live(const SourceOptions& options, SourceKind kind, const StopFlag& stop,
                                 const Clock& clock) {
  auto job = std::make_shared<Job>(options, kind, clock);
  IoDeadline& deadline = job->input.deadline;
  deadline.allow_silence(longest_silence(options));
  deadline.allow_in_all(longest_picture(options));
  std::thread([job] { job->run(); }).detach();

  std::unique_lock lock(job->mutex);
  while (!job->done && !stop && !deadline.expired(kGrace)) job->changed.wait_for(lock, kPoll);
  if (!job->done) {
    deadline.cancel();
    const std::string shown = without_credentials(options.source);
    if (stop) throw SourceError(shown + ": stopped");
    throw SourceError(shown + ": " + deadline.why("no answer within") +
                      ", not even from the name server; check the address and the network");
  }
  if (job->error) std::rethrow_exception(job->error);
  deadline.clear();
  Input* input = &job->input;
  return std::shared_ptr<Input>(std::move(job), input);
}

}  // namespace actionflow
