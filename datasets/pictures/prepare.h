// Frames to a network's input form: scaled, cropped, coloured, with motion. Training and live
// classification both go through here.
//
// Each stage is defined where it stands: filters in scale_axis.h, crop, aspect and orientation in
// upright.h, matrix, range and gray in color_matrix.h, motion in motion.h. Pictures of one byte a
// component (planar or packed YUV, RGB, gray, NV12) go from the decoder's planes to the output in one
// pass of integer arithmetic, the same on every processor: components are scaled first, then turned
// into colour and rounded once. Other formats are brought to such a form by libswscale before.
// Alpha is passed over.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/video/frame.h"

namespace actionflow {

// One sample in a network's input form: height × width × channels bytes, row by row. Motion, where
// the form has it, is the last channel. Immutable, shared by overlapping windows.
class PreparedFrame {
 public:
  PreparedFrame(int height, int width, int channels)
      : height_(height),
        width_(width),
        channels_(channels),
        pixels_(static_cast<std::size_t>(height) * width * channels) {}

  int height() const { return height_; }
  int width() const { return width_; }
  int channels() const { return channels_; }
  const std::uint8_t* data() const { return pixels_.data(); }
  std::uint8_t* data() { return pixels_.data(); }
  std::size_t size() const { return pixels_.size(); }

 private:
  int height_, width_, channels_;
  std::vector<std::uint8_t> pixels_;
};

using PreparedFramePtr = std::shared_ptr<const PreparedFrame>;

// Belongs to one stream and one input form; not thread-safe. Keeps scaling tables for the last
// picture format, so a change of size or format mid-stream costs one rebuild.
class Preparer {
 public:
  // Throws UsageError for a form that takes no pictures.
  explicit Preparer(const InputSpec& spec);
  ~Preparer();
  Preparer(Preparer&&) noexcept;
  Preparer& operator=(Preparer&&) noexcept;

  // The frame in the input form. Motion is taken against the previous call's frame since
  // construction or reset(); the first one's is zero. Throws SourceError for a pixel format that
  // cannot be converted, and for a frame without a picture.
  PreparedFramePtr prepare(const Frame& frame);
  // A new segment: the next frame has no previous one.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A clip: one prepared frame a sample, as many as the network's `frames`.
struct Clip {
  std::vector<PreparedFramePtr> frames;
  // N=1 × C × T × H × W, ranged and normalised as the input form says.
  // (models/network/network.h takes the bytes directly; this is for files and tests.)
};

}  // namespace actionflow
