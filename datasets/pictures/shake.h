// The path of a hand-held camera: slow sways of random pace and direction.
#pragma once

#include <array>

#include "base/random.h"

namespace actionflow {

// A function of time. Each axis is the sum of three sways of 0.3 to 2.5 turns a second, scaled so that its
// greatest distance from 0 within the first `seconds` is `reach`. Immutable, a small value.
class ShakePath {
 public:
  ShakePath(Random& random, double reach, double seconds);

  struct Offset {
    double x, y;
  };
  Offset at(double seconds) const { return {x_.at(seconds), y_.at(seconds)}; }

 private:
  struct Sway {
    double turns_a_second = 0, phase = 0;
  };
  struct Axis {
    std::array<Sway, 3> sways;
    double scale = 1;
    double at(double seconds) const;
  };
  static Axis draw(Random& random, double reach, double seconds);

  Axis x_, y_;
};

}  // namespace actionflow
