// What became of an item in the graph: a value, a failure, or dropped on purpose.
#pragma once

#include <utility>
#include <variant>

#include "base/error.h"

namespace actionflow {

// Left behind by a live source that was ahead of its network; counted, never silent.
struct Dropped {};

template <class T>
class Outcome {
 public:
  Outcome() : state_(Dropped{}) {}
  Outcome(T value) : state_(std::move(value)) {}
  Outcome(Failure failure) : state_(std::move(failure)) {}
  Outcome(Dropped dropped) : state_(dropped) {}

  bool has_value() const noexcept { return std::holds_alternative<T>(state_); }
  bool failed() const noexcept { return std::holds_alternative<Failure>(state_); }
  bool dropped() const noexcept { return std::holds_alternative<Dropped>(state_); }

  const T& value() const { return std::get<T>(state_); }
  T& value() { return std::get<T>(state_); }
  const Failure& failure() const { return std::get<Failure>(state_); }

  // The same failure or drop, as the outcome of another type. Requires !has_value().
  template <class U>
  Outcome<U> rethrow() const {
    if (failed()) return failure();
    return Dropped{};
  }

 private:
  std::variant<T, Failure, Dropped> state_;
};

}  // namespace actionflow
