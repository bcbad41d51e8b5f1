#include "nodes/kinds/network_flow.h"

#include "nodes/flow/join_node.h"
#include "nodes/flow/process_item.h"
#include "nodes/kinds/carried_network.h"

namespace actionflow {

namespace {

// A clip, or what a part made of it, with the network that works on it.
struct AtNetwork {
  std::shared_ptr<LoadedNetwork> loaded;
  Clips clips;                           // for the first parts
  std::shared_ptr<const Tensor> result;  // of a part

  const Network& network() const { return loaded->network(); }
};
using AtNetworks = std::vector<AtNetwork>;

std::vector<const std::uint8_t*> pointers(const Clip& clip) {
  std::vector<const std::uint8_t*> list;
  for (const PreparedFramePtr& frame : clip.frames) list.push_back(frame->data());
  return list;
}

// Of what the last part gives for one clip.
Scores scores_of(const Activations& result, const LoadedNetwork& loaded) {
  const Network& network = loaded.network();
  std::optional<Activity> activity;
  if (network.architecture().gives_action_scores()) {
    const ActionScores said = network.action_scores(result).back();
    activity = {said.action, said.elapsed};
  }
  return std::make_shared<const ClassScores>(loaded.calibrated(network.probabilities(result), activity));
}

// Builds the parts of one network, in the order in which every input comes first.
class NetworkFlow {
 public:
  NetworkFlow(Flow& flow, const NodeUse& use, std::shared_ptr<NetworkSlot> slot, const NodeOutput& clips)
      : flow_(flow), use_(use), slot_(std::move(slot)), clips_(clips), form_(find_form()) {}

  NodeOutput build() {
    NodeOutput output;
    output.window = clips_.window;
    if (slot_->take()->network().samples() != 0) {
      output.scores = &build_carried();
      return output;
    }
    if (parts_.size() == 1) {
      output.scores = &put_in_order(flow_, build_whole());
      return output;
    }
    Sender<AtNetwork>& taken = take_network();
    const int last = static_cast<int>(parts_.size()) - 1;
    for (int part = 0; part < last; ++part) results_.push_back(&build_part(part, taken));
    output.scores = &build_last(last);
    return output;
  }

 private:
  std::size_t concurrency() const { return static_cast<std::size_t>(flow_.options().workers); }

  std::size_t find_form() const {
    for (std::size_t i = 0; i < clips_.forms.size(); ++i) {
      if (clips_.forms[i].same_frames(slot_->take()->network().input())) return i;
    }
    throw ModelError("'" + use_.name + "': its clips do not have the network's input form");
  }

  const PartInfo& info(int part) const { return parts_[static_cast<std::size_t>(part)]; }

  template <class In, class Out, class Body>
  Sender<Out>& make_parallel(Sender<In>& from, Body body) {
    using FlowNode = tbb::flow::function_node<Item<In>, Item<Out>>;
    auto& node = flow_.make<FlowNode>(flow_.graph(), concurrency(), std::move(body));
    tbb::flow::make_edge(from, node);
    return node;
  }

  Sender<Scores>& build_whole() {
    return make_parallel<Clips, Scores>(
        *clips_.clips, [work = work_of(use_.name), slot = slot_](const ClipItem& item) {
          return process_item<Scores>(work.run, work.node, item, [&](const Clips& clips) -> Outcome<Scores> {
            const auto call = work.begin_call();
            const auto loaded = slot->take();
            return scores_of(loaded->with_workspace([&](Workspace& workspace) {
              return loaded->network().run(pointers((*clips)[work.form]), workspace);
            }),
                             *loaded);
          });
        });
  }

  // All parts of a clip are one network's.
  Sender<AtNetwork>& take_network() {
    return make_parallel<Clips, AtNetwork>(*clips_.clips, [slot = slot_](const ClipItem& item) {
      if (!item.outcome.has_value()) return answered<AtNetwork>(item, item.outcome.rethrow<AtNetwork>());
      return answered<AtNetwork>(item, AtNetwork{slot->take(), item.outcome.value(), nullptr});
    });
  }

  Sender<AtNetwork>& build_part(int part, Sender<AtNetwork>& taken) {
    const Work work = work_of(stage_name(part));
    if (info(part).inputs != std::vector<int>{-1}) {
      return make_parallel<AtNetworks, AtNetwork>(
          joined_inputs(part), [work, part](const Item<AtNetworks>& item) {
            return process_item<AtNetwork>(
                work.run, work.node, item,
                [&](const AtNetworks& values) -> Outcome<AtNetwork> { return work.run_part(part, values); });
          });
    }
    return make_parallel<AtNetwork, AtNetwork>(taken, [work, part](const Item<AtNetwork>& item) {
      return process_item<AtNetwork>(
          work.run, work.node, item,
          [&](const AtNetwork& at) -> Outcome<AtNetwork> { return work.run_first(part, at); });
    });
  }

  // Each stream's clips one after another, in its lane, each going on from the state that was left.
  Sender<Scores>& build_carried() {
    return run_in_lanes(*clips_.clips, [work = work_of(use_.name), slot = slot_] {
      const auto carried = std::make_shared<CarriedNetwork>();
      return [work, slot, carried](const ClipItem& item) {
        ScoresItem answer =
            process_item<Scores>(work.run, work.node, item, [&](const Clips& clips) -> Outcome<Scores> {
              const auto call = work.begin_call();
              const auto loaded = slot->take();
              const CarriedNetwork::Place place{item.key.segment, item.ticket->window().first_sample};
              return scores_of(carried->advance(loaded, place, pointers((*clips)[work.form])), *loaded);
            });
        if (answer.outcome.failed()) carried->lose();
        return answer;
      };
    });
  }

  // `make_body()` gives the body of one stream's stage.
  template <class In, class MakeBody>
  Sender<Scores>& run_in_lanes(Sender<In>& inputs, MakeBody make_body) {
    auto& out = flow_.make<tbb::flow::broadcast_node<ScoresItem>>(flow_.graph());
    const auto stages = LaneStages<In>::make(flow_);
    flow_.add_to_lanes(use_, [&flow = flow_, &out, stages, make_body](StreamLane& lane) {
      stages->add(lane.id(),
                  flow.make_stage<In>(LanePriority::other, [&out, body = make_body()](const Item<In>& item) {
                    out.try_put(body(item));
                  }));
    });
    route_in_order(flow_, inputs, stages);
    return out;
  }

  // A recurrence stands once a stream and runs in order; anything else runs as it comes and is ordered
  // afterwards.
  Sender<Scores>& build_last(int part) {
    auto body = [work = work_of(stage_name(part)), part](const Item<AtNetworks>& item) {
      return process_item<Scores>(work.run, work.node, item,
                                  [&](const AtNetworks& values) -> Outcome<Scores> {
                                    const AtNetwork last = work.run_part(part, values);
                                    return scores_of(*last.result, *last.loaded);
                                  });
    };
    Sender<AtNetworks>& inputs = joined_inputs(part);
    if (info(part).name != "recurrent")
      return put_in_order(flow_, make_parallel<AtNetworks, Scores>(inputs, std::move(body)));
    return run_in_lanes(inputs, [body] { return body; });
  }

  Sender<AtNetworks>& joined_inputs(int part) {
    std::vector<Sender<AtNetwork>*> senders;
    for (const int input : info(part).inputs) {
      if (input < 0)
        throw ModelError("'" + use_.name + "': part '" + info(part).name +
                         "' joins the clip itself with another part");
      senders.push_back(results_[static_cast<std::size_t>(input)]);
    }
    return join_by_key(flow_, senders);
  }

  std::string stage_name(int part) const { return use_.name + "." + info(part).name; }

  // What a body needs, by value, so that bodies live as long as the graph.
  struct Work {
    RunContext& run;
    std::string node;
    std::size_t form;
    DurationHistogram& timer;
    Turns& turns;

    struct Call {
      ScopedTimer timing;
      Turns::Call turn;
    };
    Call begin_call() const { return {ScopedTimer(timer), Turns::Call(turns)}; }

    AtNetwork run_first(int part, const AtNetwork& at) const {
      const auto call = begin_call();
      return {at.loaded, nullptr, std::make_shared<const Tensor>(at.loaded->with_workspace([&](Workspace& w) {
                return at.network().run_first(part, pointers((*at.clips)[form]), w);
              }))};
    }

    AtNetwork run_part(int part, const AtNetworks& values) const {
      const auto call = begin_call();
      std::vector<const Tensor*> inputs;
      inputs.reserve(values.size());
      for (const AtNetwork& value : values) inputs.push_back(value.result.get());
      const AtNetwork& first = values.front();
      return {first.loaded, nullptr,
              std::make_shared<const Tensor>(first.loaded->with_workspace(
                  [&](Workspace& w) { return first.network().run_part(part, inputs, w); }))};
    }
  };
  Work work_of(const std::string& stage) const {
    return {flow_.run(), use_.name, form_, flow_.run().timer(stage), flow_.turns()};
  }

  Flow& flow_;
  const NodeUse& use_;
  const std::shared_ptr<NetworkSlot> slot_;
  const NodeOutput& clips_;
  const std::size_t form_;
  const std::vector<PartInfo> parts_ = slot_->take()->network().parts();
  std::vector<Sender<AtNetwork>*> results_;  // by part
};

}  // namespace

NodeOutput build_network(Flow& flow, const NodeUse& use, std::shared_ptr<NetworkSlot> slot,
                         const NodeOutput& clips) {
  return NetworkFlow(flow, use, std::move(slot), clips).build();
}

}  // namespace actionflow
