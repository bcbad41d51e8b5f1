// Ordering and joining as flow nodes. Each is serial and only moves items about.
#pragma once

#include <map>
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

}  // namespace detail

// What `sender` gives, in the order of each stream's numbers.
template <class T>
Sender<T>& put_in_order(Flow& flow, Sender<T>& sender) {
  using JoinNode = tbb::flow::multifunction_node<Item<T>, std::tuple<Item<T>>>;
  auto order = std::make_shared<InOrder<T>>();
  auto& node =
      flow.make<JoinNode>(flow.graph(), tbb::flow::serial,
                          [order](const Item<T>& item, typename JoinNode::output_ports_type& ports) {
                            order->put(item, [&](const Item<T>& next) { std::get<0>(ports).try_put(next); });
                          });
  tbb::flow::make_edge(sender, node);
  return tbb::flow::output_port<0>(node);
}

// The same, handing each stream's items to a receiver of its own.
template <class T>
void route_in_order(Flow& flow, Sender<T>& sender, std::map<StreamId, Receiver<T>*> lanes) {
  auto order = std::make_shared<InOrder<T>>();
  auto body = [order, lanes = std::move(lanes)](const Item<T>& item) {
    order->put(item, [&](const Item<T>& next) { lanes.at(next.key.stream)->try_put(next); });
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
  using JoinNode = tbb::flow::multifunction_node<In, std::tuple<Out>>;
  using Port = tbb::flow::multifunction_node<Item<T>, std::tuple<In>>;
  auto join = std::make_shared<JoinByKey<T>>(senders.size());
  auto& node = flow.make<JoinNode>(
      flow.graph(), tbb::flow::serial, [join](const In& in, typename JoinNode::output_ports_type& ports) {
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
