// Pictures of a network's input size, one after another, as samples in its input form: motion taken against
// the picture shown before, channels joined as prepare.h lays them out.
//
//   PictureSamples pictures(input);
//   for (…) {
//     paint(pictures.picture());   // or leave what is there: the same picture again
//     pictures.show();
//     samples.push_back(pictures.sample());
//   }
//
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/pictures/motion.h"
#include "datasets/pictures/prepare.h"

namespace actionflow {

class PictureSamples {
 public:
  // `input` must outlive it.
  explicit PictureSamples(const InputSpec& input);

  // Input height × width × colour channels, to be written.
  std::uint8_t* picture() { return picture_.data(); }
  std::size_t picture_bytes() const { return picture_.size(); }
  // Takes the picture as it is now as the next one. The first one has no motion.
  void show();
  std::shared_ptr<PreparedFrame> sample() const;

 private:
  const InputSpec& input_;
  MotionChannel motion_;
  std::size_t pixels_;
  std::vector<std::uint8_t> picture_, luma_, change_;
};

}  // namespace actionflow
