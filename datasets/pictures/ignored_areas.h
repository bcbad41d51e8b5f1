// Areas of a stream's pictures that networks do not see: black in each prepared sample, and without motion.
#pragma once

#include <optional>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/pictures/prepare.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// Belongs to one stream and one input form; not thread-safe.
class IgnoredAreas {
 public:
  // The polygons count from the whole picture, of which `crop` is what is left.
  IgnoredAreas(std::vector<Polygon> polygons, const std::optional<Region>& crop, const InputSpec& form);

  // The sample with the areas left out. `frame`: what it was prepared from, whose size and orientation decide
  // where they lie.
  PreparedFramePtr without(const PreparedFramePtr& sample, const Frame& frame);

 private:
  void draw(const Frame& frame);

  std::vector<Polygon> polygons_;  // in shares of the frames
  InputSpec form_;                 // one channel of it, without motion
  int width_ = 0, height_ = 0;     // coded size and orientation that ignored_ was drawn for
  Orientation orientation_;
  std::vector<bool> ignored_;  // by pixel of a sample
};

}  // namespace actionflow
