#include "nodes/training/training_flow.h"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "base/machine/clock.h"
#include "nodes/training/batcher.h"
#include "nodes/training/rank_share.h"

namespace actionflow {

namespace {

// Of workers, so that the step's threads go first. Little: beside other programs they would starve, and the
// step with them.
constexpr int kNiceness = 3;

constexpr int kCallersSlot = 0;  // of the arena, which reserves one

// Lets the step's threads have the processor where both want it. A worker stays so: it only ever prepares.
void stand_back() {
  thread_local bool stands_back = false;
  if (stands_back || tbb::this_task_arena::current_thread_index() == kCallersSlot) return;
  const auto thread = static_cast<id_t>(gettid());
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNiceness);
  stands_back = true;
}

// The samples of all epochs, one after another.
class Index {
 public:
  Index(const SamplePreparer& preparer, const TrainingFlowOptions& options)
      : preparer_(preparer), options_(options), epoch_(options.first_epoch) {
    sample_ = options.first_step * options.batch;
    if (sample_ >= epoch_samples()) {
      ++epoch_;
      sample_ = 0;
    }
    if (epoch_ < options_.end_epoch) order();
  }

  // Samples from here on to the end.
  std::int64_t left() const {
    if (at_end()) return 0;
    return epoch_samples() - sample_ +
           epoch_samples() * static_cast<std::int64_t>(options_.end_epoch - epoch_ - 1);
  }

  std::int64_t epoch_samples() const { return preparer_.epoch_samples(); }
  bool at_end() const { return epoch_ >= options_.end_epoch; }

  PlannedItem draw() {
    const bool last = sample_ + 1 == static_cast<std::int64_t>(order_.size());
    PlannedItem item{{0, epoch_, number_++}, last ? Mark::end : Mark::none, nullptr, Dropped{}};
    item.outcome = PlannedSample{epoch_, sample_, order_[static_cast<std::size_t>(sample_)]};
    ++sample_;
    if (last) {
      ++epoch_;
      sample_ = 0;
      if (!at_end()) order();
    }
    return item;
  }

 private:
  void order() { order_ = preparer_.epoch_entries(epoch_); }

  const SamplePreparer& preparer_;
  const TrainingFlowOptions& options_;
  std::vector<int> order_;
  std::uint32_t epoch_;
  std::int64_t sample_ = 0;
  std::int64_t number_ = 0;
};

[[noreturn]] void throw_error(const Failure& failure) {
  switch (failure.code) {
    case ExitCode::usage:
      throw UsageError(failure.message);
    case ExitCode::source:
      throw SourceError(failure.message);
    case ExitCode::model:
      throw ModelError(failure.message);
    default:
      throw Error(failure.code, failure.message);
  }
}

// A batch with the number of samples it holds, whatever its outcome.
struct Delivery {
  BatchItem batch;
  int samples = 0;
};

}  // namespace

struct TrainingFlow::State {
  using StepNode = tbb::flow::async_node<Delivery, int>;
  using Gateway = StepNode::gateway_type;
  using BatchNode = tbb::flow::multifunction_node<SampleItem, std::tuple<Delivery>>;

  State(std::unique_ptr<SamplePreparer> made, const TrainingFlowOptions& given)
      : options(given),
        preparer(std::move(made)),
        index(*preparer, options),
        batcher(preparer->videos(), options),
        parallelism(tbb::global_control::max_allowed_parallelism,
                    static_cast<std::size_t>(options.workers) + 1),
        arena(options.workers + 1, 1) {
    arena.execute([this] { build(); });
  }

  void build() {
    namespace flow = tbb::flow;
    graph = std::make_unique<flow::graph>();
    source = std::make_unique<flow::input_node<PlannedItem>>(
        *graph, [this](tbb::flow_control& control) { return draw(control); });
    const auto batch_clips = std::min(options.batch, index.epoch_samples());
    const auto bound = static_cast<std::size_t>(batch_clips * (options.batches_ahead + 1));
    limiter = std::make_unique<flow::limiter_node<PlannedItem, int>>(*graph, bound);
    prepare = std::make_unique<flow::function_node<PlannedItem, SampleItem>>(
        *graph, flow::unlimited, [this](const PlannedItem& item) { return prepared(item); });
    order = std::make_unique<flow::sequencer_node<SampleItem>>(
        *graph, [](const SampleItem& item) { return static_cast<std::size_t>(item.key.number); });
    batch = std::make_unique<BatchNode>(*graph, flow::serial,
                                        [this](const SampleItem& item, BatchNode::output_ports_type& ports) {
                                          gather(item, std::get<0>(ports));
                                        });
    step = std::make_unique<StepNode>(
        *graph, flow::serial,
        [this](const Delivery& delivery, Gateway& gateway) { hand_over(delivery, gateway); });
    flow::make_edge(*source, *limiter);
    flow::make_edge(*limiter, *prepare);
    flow::make_edge(*prepare, *order);
    flow::make_edge(*order, *batch);
    flow::make_edge(flow::output_port<0>(*batch), *step);
    flow::make_edge(*step, limiter->decrementer());
    source->activate();
  }

  PlannedItem draw(tbb::flow_control& control) {
    if (stopped.load(std::memory_order_relaxed) || index.at_end()) {
      control.stop();
      return {};
    }
    return index.draw();
  }

  SampleItem prepared(const PlannedItem& item) {
    stand_back();
    note_in_flight();
    SampleItem sample{item.key, item.mark, nullptr, Dropped{}};
    if (stopped.load(std::memory_order_relaxed)) return sample;
    const PlannedSample& plan = item.outcome.value();
    try {
      sample.outcome = is_needed(plan) ? preparer->prepare(plan) : elsewhere(plan);
    } catch (...) {
      sample.outcome = Failure::from_current_exception();
    }
    return sample;
  }

  bool is_needed(const PlannedSample& plan) const {
    return actionflow::is_needed(batch_place(plan.sample, index.epoch_samples(), options), plan.epoch,
                                 options);
  }
  static std::shared_ptr<const PreparedSample> elsewhere(const PlannedSample& plan) {
    auto sample = std::make_shared<PreparedSample>();
    sample->plan = plan;
    return sample;
  }

  void note_in_flight() {
    const std::int64_t now = in_flight.fetch_add(1) + 1;
    std::int64_t most = most_in_flight.load();
    while (now > most && !most_in_flight.compare_exchange_weak(most, now)) {
    }
  }

  template <class Port>
  void gather(const SampleItem& item, Port& port) {
    ++gathered;
    std::optional<BatchItem> full;
    try {
      full = batcher.put(item);
    } catch (...) {
      full = BatchItem{item.key, item.mark, nullptr, Failure::from_current_exception()};
    }
    if (!full) return;
    port.try_put(Delivery{std::move(*full), std::exchange(gathered, 0)});
  }

  // To the thread that calls next(); once it is gone, back at once.
  void hand_over(const Delivery& delivery, Gateway& gateway) {
    {
      const std::lock_guard lock(mutex);
      if (!closed) {
        gateway.reserve_wait();
        ready.push_back(delivery);
        arrived.notify_all();
        return;
      }
    }
    gateway.try_put(delivery.samples);
  }

  // The step has done with a batch: there is room for as many samples.
  void release(const Delivery& delivery) {
    in_flight.fetch_sub(delivery.samples);
    step->gateway().try_put(delivery.samples);
    step->gateway().release_wait();
  }

  void finish_step() {
    if (const auto finished = std::exchange(stepping, std::nullopt)) release(*finished);
  }

  TrainingBatchPtr next() {
    finish_step();
    const Stopwatch watch;
    std::unique_lock lock(mutex);
    arrived.wait(lock, [this] { return !ready.empty() || stopped.load() || to_deliver == 0; });
    waited_seconds += watch.seconds();
    if (stopped.load() || ready.empty()) return nullptr;
    stepping = std::move(ready.front());
    ready.pop_front();
    to_deliver -= stepping->samples;
    return value_of(stepping->batch.outcome);
  }

  static TrainingBatchPtr value_of(const Outcome<TrainingBatchPtr>& outcome) {
    if (outcome.failed()) throw_error(outcome.failure());
    return outcome.has_value() ? outcome.value() : nullptr;
  }

  void stop() noexcept {
    stopped.store(true);
    { const std::lock_guard lock(mutex); }
    arrived.notify_all();
  }

  void close() {
    stop();
    finish_step();
    std::deque<Delivery> left;
    {
      const std::lock_guard lock(mutex);
      closed = true;
      left.swap(ready);
    }
    for (const Delivery& delivery : left) release(delivery);
    graph->wait_for_all();
  }

  const TrainingFlowOptions options;
  const std::unique_ptr<SamplePreparer> preparer;
  Index index;
  Batcher batcher;   // of the serial batch node, as `gathered` is
  int gathered = 0;  // samples of the batch being gathered
  std::atomic<bool> stopped{false};
  std::atomic<std::int64_t> in_flight{0}, most_in_flight{0};

  std::mutex mutex;  // guards what follows, up to the graph
  std::condition_variable arrived;
  std::deque<Delivery> ready;
  bool closed = false;

  // Of the thread that calls next().
  std::int64_t to_deliver = index.left();
  std::optional<Delivery> stepping;
  double waited_seconds = 0;

  tbb::global_control parallelism;
  tbb::task_arena arena;
  std::unique_ptr<tbb::flow::graph> graph;
  std::unique_ptr<tbb::flow::input_node<PlannedItem>> source;
  std::unique_ptr<tbb::flow::limiter_node<PlannedItem, int>> limiter;
  std::unique_ptr<tbb::flow::function_node<PlannedItem, SampleItem>> prepare;
  std::unique_ptr<tbb::flow::sequencer_node<SampleItem>> order;
  std::unique_ptr<BatchNode> batch;
  std::unique_ptr<StepNode> step;
};

TrainingFlow::TrainingFlow(std::unique_ptr<SamplePreparer> preparer, const TrainingFlowOptions& options)
    : state_(std::make_unique<State>(std::move(preparer), options)) {}

TrainingFlow::~TrainingFlow() { state_->close(); }

TrainingBatchPtr TrainingFlow::next() { return state_->next(); }
void TrainingFlow::stop() noexcept { state_->stop(); }
double TrainingFlow::waited_seconds() const { return state_->waited_seconds; }
std::int64_t TrainingFlow::most_in_flight() const { return state_->most_in_flight.load(); }

}  // namespace actionflow
