// Ordering and joining as flow nodes. Each is serial and only moves items about.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include "nodes/flow/flow.h"
#include "nodes/flow/ordering.h"

namespace actionflow {

namespace detail {

template <class T>
struct AtPort {
  std::size_t port = 0;
  Item<T> item;
};

// An order that forgets streams that are detached.
template <class T>
std::shared_ptr<InOrder<T>> make_order(Flow& flow) {
  auto order = std::make_shared<InOrder<T>>();
  flow.on_detach([order](StreamId stream) { order->forget(stream); }, [order] { return order->streams(); });
  return order;
}

}  // namespace detail

// One node's stage, or whatever else it has in each lane, by stream, for a shared node that hands items back
// to their lanes. Thread-safe.
template <class Stage>
class InLanes {
 public:
  static std::shared_ptr<InLanes> make(Flow& flow) {
    auto stages = std::make_shared<InLanes>();
    flow.on_detach([stages](StreamId stream) { stages->forget(stream); },
                   [stages] { return stages->streams(); });
    return stages;
  }

  void add(StreamId stream, std::shared_ptr<Stage> stage) {
    const std::lock_guard lock(mutex_);
    stages_[stream] = std::move(stage);
  }
  std::shared_ptr<Stage> of(StreamId stream) const {
    const std::lock_guard lock(mutex_);
    return stages_.at(stream);
  }
  void forget(StreamId stream) {
    const std::lock_guard lock(mutex_);
    stages_.erase(stream);
  }
  std::size_t streams() const {
    const std::lock_guard lock(mutex_);
    return stages_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<StreamId, std::shared_ptr<Stage>> stages_;
};

template <class T>
using LaneStages = InLanes<LaneStage<T>>;

// What `sender` gives, in the order of each stream's numbers.
template <class T>
Sender<T>& put_in_order(Flow& flow, Sender<T>& sender) {
  using FlowNode = tbb::flow::multifunction_node<Item<T>, std::tuple<Item<T>>>;
  const auto order = detail::make_order<T>(flow);
  auto& node =
      flow.make<FlowNode>(flow.graph(), tbb::flow::serial,
                          [order](const Item<T>& item, typename FlowNode::output_ports_type& ports) {
                            order->put(item, [&](const Item<T>& next) { std::get<0>(ports).try_put(next); });
                          });
  tbb::flow::make_edge(sender, node);
  return tbb::flow::output_port<0>(node);
}

// The same, handing each stream's items to its stage in the stream's lane.
template <class T>
void route_in_order(Flow& flow, Sender<T>& sender, std::shared_ptr<LaneStages<T>> stages) {
  const auto order = detail::make_order<T>(flow);
  auto body = [order, stages = std::move(stages)](const Item<T>& item) {
    order->put(item, [&](const Item<T>& next) { stages->of(next.key.stream)->put(next); });
    return tbb::flow::continue_msg();
  };
  auto& node = flow.make<tbb::flow::function_node<Item<T>, tbb::flow::continue_msg>>(
      flow.graph(), tbb::flow::serial, std::move(body));
  tbb::flow::make_edge(sender, node);
}

// One item for each key, with every sender's value in the order of `senders`. One sender may stand twice.
// Where every sender keeps the order of its streams, so does the result.
template <class T>
Sender<std::vector<T>>& join_by_key(Flow& flow, const std::vector<Sender<T>*>& senders) {
  using In = detail::AtPort<T>;
  using Out = Item<std::vector<T>>;
  using FlowNode = tbb::flow::multifunction_node<In, std::tuple<Out>>;
  using Port = tbb::flow::multifunction_node<Item<T>, std::tuple<In>>;
  auto join = std::make_shared<JoinByKey<T>>(senders.size());
  auto& node = flow.make<FlowNode>(
      flow.graph(), tbb::flow::serial, [join](const In& in, typename FlowNode::output_ports_type& ports) {
        join->put(in.port, in.item, [&](Out joined) { std::get<0>(ports).try_put(joined); });
      });
  for (std::size_t port = 0; port < senders.size(); ++port) {
    auto& tag = flow.make<Port>(flow.graph(), tbb::flow::serial,
                                [port](const Item<T>& item, typename Port::output_ports_type& ports) {
                                  std::get<0>(ports).try_put(In{port, item});
                                });
    tbb::flow::make_edge(*senders[port], tag);
    tbb::flow::make_edge(tbb::flow::output_port<0>(tag), node);
  }
  return tbb::flow::output_port<0>(node);
}

}  // namespace actionflow
