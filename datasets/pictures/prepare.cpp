#include "datasets/pictures/prepare.h"

#include <optional>

#include "base/error.h"
#include "datasets/pictures/motion.h"
#include "datasets/pictures/scaling/color_matrix.h"
#include "datasets/pictures/scaling/picture_scaler.h"
#include "datasets/pictures/scaling/pixel_format.h"
#include "datasets/pictures/scaling/scale_kernels.h"
#include "datasets/pictures/scaling/upright.h"

namespace actionflow {

namespace {

// One row of an output channel to its pixels, which its orientation may have laid out in another direction.
void spread(const std::vector<std::uint8_t>& row, std::uint8_t* out, std::ptrdiff_t step) {
  for (const std::uint8_t value : row) {
    *out = value;
    out += step;
  }
}

}  // namespace

struct Preparer::State {
  explicit State(const InputSpec& input) : spec(input), motion(input.motion) {}

  PreparedFramePtr prepare(const Frame& frame);
  const AVFrame& plain(const AVFrame& picture);
  void scale(const AVFrame& picture, const UprightPlan& plan, PreparedFrame& out);
  // What the output is made of: each channel's conversion and where its first byte lies.
  struct Target {
    ColorRow color;
    std::uint8_t* bytes;
    int stride;  // from pixel to pixel
  };
  std::vector<Target> targets(const AVFrame& picture, PreparedFrame& out);

  InputSpec spec;
  MotionChannel motion;
  PlainFormatConverter converter;
  std::optional<PictureScaler> scaler;
  std::vector<std::uint8_t> row;
  std::vector<std::uint8_t> luma;  // of the whole output, where motion needs it
};

PreparedFramePtr Preparer::State::prepare(const Frame& frame) {
  if (!frame || frame.coded_width() <= 0 || frame.coded_height() <= 0 || !frame.picture()->data[0]) {
    throw SourceError("a frame without a picture");
  }
  const int colors = spec.color_channels();
  const int channels = colors + spec.motion_channels();
  auto out = std::make_shared<PreparedFrame>(spec.height, spec.width, channels);
  scale(plain(*frame.picture()), plan_upright(spec, frame), *out);
  if (spec.motion != Motion::none) {
    luma.resize(static_cast<std::size_t>(spec.height) * static_cast<std::size_t>(spec.width));
    write_luma(spec.color, out->data(), channels, luma.size(), luma.data());
    motion.write(luma, spec.height, spec.width, out->data() + colors, channels);
  }
  return out;
}

const AVFrame& Preparer::State::plain(const AVFrame& picture) {
  return has_plain_bytes(static_cast<AVPixelFormat>(picture.format)) ? picture : converter.convert(picture);
}

void Preparer::State::scale(const AVFrame& picture, const UprightPlan& plan, PreparedFrame& out) {
  const auto format = static_cast<AVPixelFormat>(picture.format);
  const bool luma_alone = spec.color == ColorOrder::gray && color_model(format) != ColorModel::rgb;
  const ScaleLayout layout{format,         picture.chroma_location, picture.width,
                           picture.height, spec.resize.filter,      plan.x,
                           plan.y,         luma_alone ? 1 : 3};
  if (!scaler || !(scaler->layout() == layout)) scaler.emplace(layout, scale_kernels());

  row.resize(static_cast<std::size_t>(plan.x.outputs));
  const std::vector<Target> channels = targets(picture, out);
  scaler->scale(picture, [&](int y, const std::int16_t* const* components) {
    const std::ptrdiff_t first = plan.start + y * plan.step_y;
    for (const Target& target : channels) {
      scale_kernels().convert_row(components, target.color, plan.x.outputs, row.data());
      spread(row, target.bytes + first * target.stride, plan.step_x * target.stride);
    }
  });
}

std::vector<Preparer::State::Target> Preparer::State::targets(const AVFrame& picture, PreparedFrame& out) {
  const ColorTransform color = color_transform(picture);
  std::vector<Target> result;
  if (spec.color == ColorOrder::gray) {
    result.push_back({color.luma, out.data(), out.channels()});
  } else {
    for (int c = 0; c < 3; ++c) {
      const int place = spec.color == ColorOrder::bgr ? 2 - c : c;
      result.push_back({color.rgb[c], out.data() + place, out.channels()});
    }
  }
  return result;
}

Preparer::Preparer(const InputSpec& spec) : state_(std::make_unique<State>(spec)) {
  if (!spec.takes_pictures())
    throw UsageError("the input form takes no pictures: its channels do not fit its color");
}
Preparer::~Preparer() = default;
Preparer::Preparer(Preparer&&) noexcept = default;
Preparer& Preparer::operator=(Preparer&&) noexcept = default;

PreparedFramePtr Preparer::prepare(const Frame& frame) { return state_->prepare(frame); }

void Preparer::reset() { state_->motion.reset(); }

}  // namespace actionflow
