// events: scores to actions with a start and an end, in order, once a stream (nodes/events/event_decoder.h).
#include <atomic>
#include <mutex>

#include "nodes/events/calibrated_options.h"
#include "nodes/events/time_of_day.h"
#include "nodes/flow/join_node.h"
#include "nodes/flow/process_item.h"
#include "nodes/kinds/kinds.h"

namespace actionflow {

namespace {

constexpr double kNsPerSecond = 1e9;

// How a network's calibration, or none, and the node's own options come together. These may change at any
// time; the number tells them apart. Thread-safe.
class OptionsInForce {
 public:
  explicit OptionsInForce(config::Value given) : given_(std::move(given)) {}

  std::int64_t number() const { return number_; }
  void change(config::Value given) {
    const std::lock_guard lock(mutex_);
    given_ = std::move(given);
    ++number_;
  }
  EventOptions with(const EventCalibration* calibration) const {
    const std::lock_guard lock(mutex_);
    config::Diagnostics told_before;
    return read(given_, calibration, told_before);
  }

  static EventOptions read(const config::Value& given, const EventCalibration* calibration,
                           config::Diagnostics& diagnostics) {
    EventOptions options = calibration ? calibrated_options(*calibration) : EventOptions{};
    const config::Limits none;
    config::Type<EventOptions>::read({given, {}, none, diagnostics, keys_beside_node_options()}, options);
    return options;
  }

 private:
  mutable std::mutex mutex_;
  config::Value given_;
  std::atomic<std::int64_t> number_{0};
};

// The actions of one stream. A window that failed or was dropped is left out, and what is under way goes on;
// in one in which nothing moves there is no action.
class StreamEvents {
 public:
  StreamEvents(RunContext& run, std::string node, StreamId stream,
               std::shared_ptr<const OptionsInForce> options, double interval)
      : run_(run),
        node_(std::move(node)),
        stream_(stream),
        options_(std::move(options)),
        interval_(interval) {}

  Events take(const ScoresItem& item) {
    std::vector<EventResult> results;
    if (item.key.segment != segment_) finish(results);
    segment_ = item.key.segment;
    if (item.outcome.has_value())
      observe(item, *item.outcome.value(), results);
    else if (item.ticket->still() && decoder_)
      observe_nothing(item, results);
    if (item.mark != Mark::none) finish(results);
    return std::make_shared<const std::vector<EventResult>>(std::move(results));
  }

 private:
  void observe(const ScoresItem& item, const ClassScores& scores, std::vector<EventResult>& results) {
    if (!decoder_ || !same_meaning(scores)) {
      finish(results);
      told_before_ += told_;
      told_ = 0;
      options_number_ = options_->number();
      decoder_.emplace(options_->with(scores.events.get()), *scores.classes);
    }
    classes_ = scores.classes;
    calibration_ = scores.events;
    says_whether_ = scores.activity.has_value();
    const std::vector<float> nothing(scores.values.size());
    Observation observation = observed(item);
    observation.which = scores.none && !scores.activity ? nothing : scores.values;
    if (scores.activity) {
      observation.action = scores.activity->action;
      observation.elapsed = scores.activity->elapsed;
    }
    add(decoder_->observe(observation), results);
  }

  void observe_nothing(const ScoresItem& item, std::vector<EventResult>& results) {
    const std::vector<float> nothing(classes_->size());
    Observation observation = observed(item);
    observation.which = nothing;
    if (says_whether_) observation.action = 0;
    add(decoder_->observe(observation), results);
  }

  Observation observed(const ScoresItem& item) {
    const WindowInfo& window = item.ticket->window();
    zero_pts_us_ = window.zero_pts_us;
    if (run_.stream(stream_).live) {
      const auto newest_ns = static_cast<std::int64_t>((window.end - interval_) * kNsPerSecond);
      time_of_day_.note(newest_ns, window.arrival_ns, window.taken_ns);
    }
    Observation observation;
    observation.start = window.start;
    observation.end = window.end;
    observation.interval = interval_;
    return observation;
  }

  // As the scores before: after an exchange of weights classes and thresholds may be others, and options may
  // have changed.
  bool same_meaning(const ClassScores& scores) const {
    const auto same = [](const auto& a, const auto& b) { return a == b || (a && b && *a == *b); };
    return same(scores.classes, classes_) && same(scores.events, calibration_) &&
           options_number_ == options_->number();
  }

  // What is under way ends with its segment, and so does the stream's clock.
  void finish(std::vector<EventResult>& results) {
    if (decoder_) add(decoder_->finish(), results);
    time_of_day_.reset();
  }

  void add(std::vector<EventChange> changes, std::vector<EventResult>& results) {
    for (EventChange& change : changes) {
      told_ = std::max(told_, change.number + 1);
      change.number += told_before_;
      if (change.kind == EventChange::ended) ++run_.stream(stream_).events;
      const std::string id =
          run_.event_prefix() + node_ + "-" + std::to_string(stream_) + "-" + std::to_string(change.number);
      const std::string& label = classes_->at(static_cast<std::size_t>(change.label));
      results.push_back(
          {run_.stream(stream_).name, node_, id, label, change, time_of_day_.zero_ns(), zero_pts_us_});
    }
  }

  RunContext& run_;
  const std::string node_;
  const StreamId stream_;
  const std::shared_ptr<const OptionsInForce> options_;
  std::int64_t options_number_ = 0;  // of the decoder
  const double interval_;
  ClassList classes_;                                    // of the decoder
  std::shared_ptr<const EventCalibration> calibration_;  // likewise
  bool says_whether_ = false;
  std::optional<EventDecoder> decoder_;
  std::int64_t told_ = 0;         // events of this decoder
  std::int64_t told_before_ = 0;  // and of those before it
  std::int64_t segment_ = 0;
  TimeOfDay time_of_day_{run_.clock()};  // of seconds since the stream's first frame
  std::int64_t zero_pts_us_ = 0;
};

class EventsNode : public Node {
 public:
  // What is not `given` is as the network's calibration has it.
  explicit EventsNode(config::Value given)
      : given_(std::move(given)), in_force_(std::make_shared<OptionsInForce>(given_)) {}

  void settle(const NodeUse& use, const Neighbours& around, config::Diagnostics& diagnostics) override {
    const Node& input = *around.inputs.front();
    window_ = input.window();
    classes_ = input.classes();
    options_ = OptionsInForce::read(given_, input.event_calibration(), diagnostics);
    const auto unknown = classes_.empty() ? std::nullopt : options_.unknown_label(classes_);
    if (!unknown) return;
    const std::string nearest = config::did_you_mean(*unknown, classes_);
    diagnostics.add(use.place,
                    "'" + use.name + "' speaks of a class '" + *unknown + "', which '" +
                        around.input_names.front() + "' does not have",
                    nearest.empty() ? "" : "did you mean '" + nearest + "'?");
  }

  const std::vector<std::string>& classes() const override { return classes_; }
  const Node* window() const override { return window_; }
  const EventOptions* event_options() const override { return &options_; }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    auto& out = flow.make<tbb::flow::broadcast_node<EventsItem>>(flow.graph());
    const auto stages = LaneStages<Scores>::make(flow);
    const double interval = window_ ? window_->sample_interval() : 0;
    flow.run().count_events();
    flow.add_to_lanes(use, [&flow, &out, stages, name = use.name, in_force = in_force_,
                            interval](StreamLane& lane) {
      auto events = std::make_shared<StreamEvents>(flow.run(), name, lane.id(), in_force, interval);
      stages->add(lane.id(), flow.make_stage<Scores>(LanePriority::other,
                                                     [&flow, &out, name, events](const ScoresItem& item) {
                                                       out.try_put(answer(flow.run(), name, *events, item));
                                                     }));
    });
    route_in_order(flow, *inputs.front().scores, stages);
    NodeOutput output;
    output.events = &out;
    output.window = inputs.front().window;
    output.change_options = [in_force = in_force_](const config::Value& given) { in_force->change(given); };
    return output;
  }

 private:
  // A window without scores is an observation, too: it may be the first of another segment.
  static EventsItem answer(RunContext& run, const std::string& name, StreamEvents& events,
                           const ScoresItem& item) {
    const Item<std::monostate> heard{item.key, item.mark, item.ticket, std::monostate{}};
    EventsItem answer = process_item<Events>(
        run, name, heard, [&](const std::monostate&) -> Outcome<Events> { return events.take(item); });
    const bool nothing = answer.outcome.has_value() && answer.outcome.value()->empty();
    if (nothing && !item.outcome.has_value()) answer.outcome = item.outcome.rethrow<Events>();
    return answer;
  }

  const config::Value given_;
  const std::shared_ptr<OptionsInForce> in_force_;
  EventOptions options_;  // as they are when the run begins
  std::vector<std::string> classes_;
  const Node* window_ = nullptr;
};

}  // namespace

NodeKind events_kind() {
  NodeKind kind;
  kind.name = "events";
  kind.help = "scores to actions with a start and an end";
  kind.inputs = {PortType::scores};
  kind.output = PortType::events;
  kind.state = true;
  kind.options_may_change = true;
  kind.read = [](const config::Value& given, config::Diagnostics& diagnostics) -> std::unique_ptr<Node> {
    config::read<EventOptions>(given, diagnostics, keys_beside_node_options());
    return std::make_unique<EventsNode>(given);
  };
  kind.options = [] { return config::help<EventOptions>(); };
  kind.schema = [] { return config::schema_of<EventOptions>(); };
  return kind;
}

}  // namespace actionflow
