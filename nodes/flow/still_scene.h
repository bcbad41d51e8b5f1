// Which windows of a stream need no network, since nothing moves in them. Pure and single-threaded.
#pragma once

#include <cstdint>

#include "base/config/config.h"
#include "base/tensor/input_spec.h"
#include "datasets/pictures/background.h"

namespace actionflow {

struct StillOptions {
  bool skip = false;
  double after = 2;
  double look = 60;
  double area = 0.002;
  double threshold = 6;
  static void describe(config::Fields<StillOptions>& fields);
};

// The scene moves from the sample on in which more than `area` of it does, until for `after` seconds not half
// of that has; it moves in the beginning. A window without a sample at which it moved may be passed over, but
// one at least is not in `look` seconds.
class StillScene {
 public:
  // Windows of `frames` samples of this form.
  StillScene(const StillOptions& options, const InputSpec& form, int frames);

  // The next sample of the stream; null where it could not be prepared, which counts as movement.
  void take(std::int64_t segment, double time, const PreparedFrame* sample);
  // Whether the window that ends with the last sample may be passed over. Once for each window.
  bool passes_over_window();

 private:
  const StillOptions options_;
  const int frames_;
  Background background_;
  std::int64_t segment_ = -1;
  double time_ = 0;
  double moved_ = 0;                // when it did last
  std::int64_t still_samples_ = 0;  // since then, and `after` it
  double looked_ = 0;
};

}  // namespace actionflow
