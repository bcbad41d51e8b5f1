#include "datasets/pictures/scaling/color_matrix.h"

#include <cmath>

namespace actionflow {

namespace {

constexpr int kLinesOfHighDefinition = 720;

// Shares of red and blue in luma.
struct LumaShares {
  double red, blue;
  double green() const { return 1 - red - blue; }
};

constexpr LumaShares kBt601{0.299, 0.114};
constexpr LumaShares kBt709{0.2126, 0.0722};

LumaShares luma_shares(const AVFrame& picture) {
  switch (picture.colorspace) {
    case AVCOL_SPC_BT709:
      return kBt709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return kBt601;
    case AVCOL_SPC_FCC:
      return {0.30, 0.11};
    case AVCOL_SPC_SMPTE240M:
      return {0.212, 0.087};
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return {0.2627, 0.0593};
    default:
      return picture.height >= kLinesOfHighDefinition ? kBt709 : kBt601;
  }
}

bool full_range(const AVFrame& picture, ColorModel model) {
  switch (picture.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      break;
  }
  if (picture.color_range == AVCOL_RANGE_UNSPECIFIED) return model == ColorModel::gray;
  return picture.color_range == AVCOL_RANGE_JPEG;
}

// value = Σ factors·(component − zeros)
ColorRow color_row(const double (&factors)[3], const double (&zeros)[3]) {
  ColorRow row{};
  double bias = 0;
  for (int c = 0; c < 3; ++c) {
    row.factor[c] = static_cast<std::int32_t>(std::lround(std::ldexp(factors[c], kColorBits)));
    bias -= row.factor[c] * zeros[c];
  }
  row.bias = static_cast<std::int32_t>(std::lround(std::ldexp(bias, kFractionBits)));
  return row;
}

ColorTransform from_rgb() {
  constexpr double kNone[3] = {0, 0, 0};
  return {{color_row({1, 0, 0}, kNone), color_row({0, 1, 0}, kNone), color_row({0, 0, 1}, kNone)},
          color_row({kBt601.red, kBt601.green(), kBt601.blue}, kNone)};
}

}  // namespace

ColorModel color_model(AVPixelFormat format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  const bool rgb = (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
  if (rgb || std::strncmp(description->name, "xyz", 3) == 0) return ColorModel::rgb;
  return description->nb_components < 3 ? ColorModel::gray : ColorModel::yuv;
}

ColorTransform color_transform(const AVFrame& picture) {
  const ColorModel model = color_model(static_cast<AVPixelFormat>(picture.format));
  if (model == ColorModel::rgb) return from_rgb();

  const bool full = full_range(picture, model);
  const double zeros[3] = {full ? 0.0 : 16.0, 128, 128};
  const double y = full ? 1 : 255.0 / 219;
  const double c = full ? 1 : 255.0 / 224;
  const ColorRow luma = color_row({y, 0, 0}, zeros);
  if (model == ColorModel::gray) return {{luma, luma, luma}, luma};
  if (picture.colorspace == AVCOL_SPC_YCGCO) {
    return {{color_row({y, -c, c}, zeros), color_row({y, c, 0}, zeros), color_row({y, -c, -c}, zeros)}, luma};
  }
  const LumaShares k = luma_shares(picture);
  const double red = 2 * (1 - k.red) * c;
  const double blue = 2 * (1 - k.blue) * c;
  return {{color_row({y, 0, red}, zeros),
           color_row({y, -blue * k.blue / k.green(), -red * k.red / k.green()}, zeros),
           color_row({y, blue, 0}, zeros)},
          luma};
}

}  // namespace actionflow
