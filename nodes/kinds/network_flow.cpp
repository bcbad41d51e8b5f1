#include "nodes/kinds/network_flow.h"

#include <mutex>

#include "nodes/flow/join_node.h"
#include "nodes/flow/node.h"
#include "nodes/flow/process_item.h"

namespace actionflow {

namespace {

using Pointers = std::vector<const std::uint8_t*>;

Pointers pointers(const Clip& clip) {
  Pointers list;
  for (const PreparedFramePtr& frame : clip.frames) list.push_back(frame->data());
  return list;
}

// As many workspaces as calls ran at once; a call borrows one.
class WorkspacePool {
 public:
  explicit WorkspacePool(const Network& network) : network_(network) {}

  template <class Call>
  auto with(Call&& call) {
    std::unique_ptr<Workspace> workspace = take();
    struct Return {
      WorkspacePool& pool;
      std::unique_ptr<Workspace>& workspace;
      ~Return() { pool.give(std::move(workspace)); }
    } give_back{*this, workspace};
    return call(*workspace);
  }

 private:
  std::unique_ptr<Workspace> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto workspace = std::move(idle_.back());
        idle_.pop_back();
        return workspace;
      }
    }
    return std::make_unique<Workspace>(network_);
  }

  void give(std::unique_ptr<Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(workspace));
  }

  const Network& network_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
};

// Builds the parts of one network, in the order in which every input comes first.
class NetworkFlow {
 public:
  NetworkFlow(Flow& flow, std::string name, std::shared_ptr<const Network> network, const NodeOutput& clips,
              const std::vector<StreamId>& streams)
      : flow_(flow),
        name_(std::move(name)),
        network_(std::move(network)),
        clips_(clips),
        streams_(streams),
        form_(find_form()),
        pool_(std::make_shared<WorkspacePool>(*network_)) {}

  NodeOutput build() {
    NodeOutput output;
    output.classes = &network_->classes();
    const int parts = static_cast<int>(network_->parts().size());
    if (parts == 1) {
      output.scores = &in_order(build_whole());
      return output;
    }
    for (int part = 0; part + 1 < parts; ++part) results_.push_back(&build_part(part));
    output.scores = &build_last(parts - 1);
    return output;
  }

 private:
  std::size_t concurrency() const { return static_cast<std::size_t>(flow_.options().workers); }

  std::size_t find_form() const {
    for (std::size_t i = 0; i < clips_.forms.size(); ++i) {
      if (clips_.forms[i].same_frames(network_->input())) return i;
    }
    throw ModelError("'" + name_ + "': its clips do not have the network's input form");
  }

  Sender<Scores>& build_whole() {
    auto body = [this_ = copy(0)](const ClipItem& item) {
      return process_item<Scores>(this_.run, this_.name, item, [&](const Clips& clips) -> Outcome<Scores> {
        const ScopedTimer timing(this_.timer);
        return Scores(std::make_shared<const std::vector<float>>(this_.pool->with([&](Workspace& workspace) {
          return this_.network->classify(pointers((*clips)[this_.form]), workspace);
        })));
      });
    };
    using Whole = tbb::flow::function_node<ClipItem, ScoresItem>;
    auto& node = flow_.make<Whole>(flow_.graph(), concurrency(), body);
    tbb::flow::make_edge(*clips_.clips, node);
    return node;
  }

  Sender<PartResult>& build_part(int part) {
    const PartInfo& info = network_->parts()[static_cast<std::size_t>(part)];
    if (info.inputs == std::vector<int>{-1}) return build_first(part);
    auto body = [this_ = copy(part), part](const Item<std::vector<PartResult>>& item) {
      return process_item<PartResult>(this_.run, this_.name, item,
                                      [&](const std::vector<PartResult>& values) -> Outcome<PartResult> {
                                        return this_.run_part(part, values);
                                      });
    };
    using Middle = tbb::flow::function_node<Item<std::vector<PartResult>>, PartItem>;
    auto& node = flow_.make<Middle>(flow_.graph(), concurrency(), body);
    tbb::flow::make_edge(joined_inputs(info), node);
    return node;
  }

  Sender<PartResult>& build_first(int part) {
    auto body = [this_ = copy(part), part](const ClipItem& item) {
      return process_item<PartResult>(
          this_.run, this_.name, item, [&](const Clips& clips) -> Outcome<PartResult> {
            const ScopedTimer timing(this_.timer);
            return PartResult(std::make_shared<const Tensor>(this_.pool->with([&](Workspace& workspace) {
              return this_.network->run_first(part, pointers((*clips)[this_.form]), workspace);
            })));
          });
    };
    using First = tbb::flow::function_node<ClipItem, PartItem>;
    auto& node = flow_.make<First>(flow_.graph(), concurrency(), body);
    tbb::flow::make_edge(*clips_.clips, node);
    return node;
  }

  // A recurrence stands once a stream and runs in order; anything else runs as it comes and is ordered
  // afterwards.
  Sender<Scores>& build_last(int part) {
    const PartInfo& info = network_->parts()[static_cast<std::size_t>(part)];
    auto body = [this_ = copy(part), part](const Item<std::vector<PartResult>>& item) {
      return process_item<Scores>(
          this_.run, this_.name, item, [&](const std::vector<PartResult>& values) -> Outcome<Scores> {
            const PartResult result = this_.run_part(part, values);
            return Scores(std::make_shared<const std::vector<float>>(this_.network->probabilities(*result)));
          });
    };
    using Last = tbb::flow::function_node<Item<std::vector<PartResult>>, ScoresItem>;
    Sender<std::vector<PartResult>>& inputs = joined_inputs(info);
    if (info.name != "recurrent") {
      auto& node = flow_.make<Last>(flow_.graph(), concurrency(), body);
      tbb::flow::make_edge(inputs, node);
      return in_order(node);
    }
    auto& out = flow_.make<tbb::flow::broadcast_node<ScoresItem>>(flow_.graph());
    std::map<StreamId, Receiver<std::vector<PartResult>>*> lanes;
    for (const StreamId stream : streams_) {
      auto& lane = make_serial<std::vector<PartResult>, Scores>(flow_, body);
      tbb::flow::make_edge(tbb::flow::output_port<0>(lane), out);
      lanes[stream] = &lane;
    }
    route_in_order(flow_, inputs, std::move(lanes));
    return out;
  }

  Sender<std::vector<PartResult>>& joined_inputs(const PartInfo& info) {
    std::vector<Sender<PartResult>*> senders;
    for (const int input : info.inputs) {
      if (input < 0)
        throw ModelError("'" + name_ + "': part '" + info.name + "' joins the clip itself with another part");
      senders.push_back(results_[static_cast<std::size_t>(input)]);
    }
    return join_by_key(flow_, senders);
  }

  Sender<Scores>& in_order(Sender<Scores>& sender) { return put_in_order(flow_, sender); }

  // What a body needs, by value, so that bodies live as long as the graph.
  struct Body {
    RunContext& run;
    std::string name;
    std::shared_ptr<const Network> network;
    std::shared_ptr<WorkspacePool> pool;
    std::size_t form;
    DurationHistogram& timer;

    PartResult run_part(int part, const std::vector<PartResult>& values) const {
      const ScopedTimer timing(timer);
      std::vector<const Tensor*> inputs;
      inputs.reserve(values.size());
      for (const PartResult& value : values) inputs.push_back(value.get());
      return std::make_shared<const Tensor>(
          pool->with([&](Workspace& workspace) { return network->run_part(part, inputs, workspace); }));
    }
  };
  Body copy(int part) const {
    const bool whole = network_->parts().size() == 1;
    const std::string stage =
        whole ? name_ : name_ + "." + network_->parts()[static_cast<std::size_t>(part)].name;
    return {flow_.run(), name_, network_, pool_, form_, flow_.run().timer(stage)};
  }

  Flow& flow_;
  const std::string name_;
  std::shared_ptr<const Network> network_;
  const NodeOutput& clips_;
  const std::vector<StreamId>& streams_;
  const std::size_t form_;
  std::shared_ptr<WorkspacePool> pool_;
  std::vector<Sender<PartResult>*> results_;  // by part
};

}  // namespace

NodeOutput build_network(Flow& flow, const std::string& name, std::shared_ptr<const Network> network,
                         const NodeOutput& clips, const std::vector<StreamId>& streams) {
  return NetworkFlow(flow, name, std::move(network), clips, streams).build();
}

}  // namespace actionflow
