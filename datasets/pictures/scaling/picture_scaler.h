// A picture's components scaled straight from the decoder's planes to the output's size, in one pass:
// per output row the source rows are blended, then that one row is resampled. Nothing of the
// picture's own size is ever written.
//
// Chroma is scaled from its own plane with its own siting (left where the picture does not say, as in
// MPEG-2, H.264 and HEVC; centre for the yuvj formats), never brought to luma's size first.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "datasets/pictures/scaling/scale_kernels.h"
#include "datasets/video/ffmpeg.h"

namespace actionflow {

// What a scaler is made for; another value needs another scaler.
struct ScaleLayout {
  AVPixelFormat format = AV_PIX_FMT_NONE;  // with plain bytes
  AVChromaLocation chroma = AVCHROMA_LOC_UNSPECIFIED;
  int width = 0, height = 0;  // of the picture
  ResizeFilter filter = ResizeFilter::area;
  AxisSpan x, y;
  int components = 3;  // 1: the first alone, where that is all that is asked for

  bool operator==(const ScaleLayout&) const = default;
};

// Not thread-safe.
class PictureScaler {
 public:
  // Takes output row `y`: rows[c] are the samples of component c, layout.x.outputs long. Components
  // that were not asked for or that the format lacks repeat the first.
  using RowSink = std::function<void(int y, const std::int16_t* const* rows)>;

  PictureScaler(const ScaleLayout& layout, const ScaleKernels& kernels);

  const ScaleLayout& layout() const { return layout_; }
  // Requires a picture of this layout.
  void scale(const AVFrame& picture, const RowSink& sink);

 private:
  struct Component {
    std::size_t blend = 0;     // the blended row that it lies in
    int step = 1, offset = 0;  // its place there
    int samples = 0;           // in a row of the source
    Axis x;
    std::vector<std::int16_t> row;  // scaled
  };
  // Rows of a plane, as bytes, blended along one vertical axis.
  struct Blend {
    int plane, bytes;
    AxisSiting siting;
    Axis y;
    std::vector<std::int16_t> row;
  };

  std::size_t blend_of(int plane, int bytes, const AxisSiting& siting, int rows);
  void add_component(int index);
  void blend(const AVFrame& picture, Blend& blend, int y);
  void resample(Component& component);

  ScaleLayout layout_;
  const ScaleKernels& kernels_;
  std::vector<Blend> blends_;
  std::vector<Component> components_;
  std::vector<const std::uint8_t*> source_rows_;
  std::vector<std::int16_t> unpacked_;
};

}  // namespace actionflow
