// What every node does with an item: its work under a guard, and exactly one answer whatever happens inside.
#pragma once

#include <string>
#include <utility>

#include "nodes/flow/item.h"
#include "nodes/flow/run_context.h"

namespace actionflow {

// The same item with another outcome.
template <class Out, class In>
Item<Out> answered(const Item<In>& in, Outcome<Out> outcome) {
  return {in.key, in.mark, in.ticket, std::move(outcome)};
}

// Runs `work` on the value of `in`: work(const In&) gives an Outcome<Out>, or throws. Failures and drops
// pass on; new ones are counted where they arise.
template <class Out, class In, class Work>
Item<Out> process_item(RunContext& run, const std::string& node, const Item<In>& in, Work&& work) {
  Outcome<Out> outcome = Dropped{};
  try {
    if (!in.outcome.has_value()) {
      outcome = in.outcome.template rethrow<Out>();
    } else if (run.fault(node, in.key) != Fault::drop && !run.expired()) {
      outcome = std::forward<Work>(work)(in.outcome.value());
    }
  } catch (...) {
    outcome = Failure::from_current_exception();
  }
  if (in.outcome.has_value() && outcome.failed()) run.report(node, in.key.stream, outcome.failure());
  if (in.ticket) {
    if (outcome.failed()) in.ticket->mark_failed();
    if (outcome.dropped()) in.ticket->mark_dropped(run.expired());
  }
  return answered(in, std::move(outcome));
}

}  // namespace actionflow
