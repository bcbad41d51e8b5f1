#include "datasets/pictures/scaling/picture_scaler.h"

#include <algorithm>

namespace actionflow {

namespace {

// Along each axis, where chroma's samples lie among the luma samples that they stand for.
enum class Place { first, middle, last };

Place horizontal_place(AVChromaLocation location) {
  switch (location) {
    case AVCHROMA_LOC_CENTER:
    case AVCHROMA_LOC_TOP:
    case AVCHROMA_LOC_BOTTOM:
      return Place::middle;
    default:
      return Place::first;
  }
}

Place vertical_place(AVChromaLocation location) {
  switch (location) {
    case AVCHROMA_LOC_TOPLEFT:
    case AVCHROMA_LOC_TOP:
      return Place::first;
    case AVCHROMA_LOC_BOTTOMLEFT:
    case AVCHROMA_LOC_BOTTOM:
      return Place::last;
    default:
      return Place::middle;
  }
}

AxisSiting siting_of(int log2_step, Place place) {
  const double span = (1 << log2_step) - 1;
  if (place == Place::middle) return {log2_step, 0};
  return {log2_step, place == Place::first ? -span / 2 : span / 2};
}

AVChromaLocation chroma_location(const ScaleLayout& layout) {
  if (layout.chroma != AVCHROMA_LOC_UNSPECIFIED) return layout.chroma;
  const bool jpeg = std::strncmp(av_get_pix_fmt_name(layout.format), "yuvj", 4) == 0;
  return jpeg ? AVCHROMA_LOC_CENTER : AVCHROMA_LOC_LEFT;
}

}  // namespace

PictureScaler::PictureScaler(const ScaleLayout& layout, const ScaleKernels& kernels)
    : layout_(layout), kernels_(kernels) {
  const int present = std::min<int>(av_pix_fmt_desc_get(layout.format)->nb_components, 3);
  // Two components are gray and alpha.
  const int wanted = present < 3 ? 1 : layout.components;
  for (int c = 0; c < wanted; ++c) add_component(c);
  int most_rows = 0;
  for (const Blend& blend : blends_) most_rows = std::max(most_rows, blend.y.taps);
  source_rows_.resize(static_cast<std::size_t>(most_rows));
}

void PictureScaler::add_component(int index) {
  const AVPixFmtDescriptor& description = *av_pix_fmt_desc_get(layout_.format);
  const AVComponentDescriptor& place = description.comp[index];
  const bool chroma = index > 0 && (description.flags & AV_PIX_FMT_FLAG_RGB) == 0;
  const int log2_w = chroma ? description.log2_chroma_w : 0;
  const int log2_h = chroma ? description.log2_chroma_h : 0;
  const int samples = AV_CEIL_RSHIFT(layout_.width, log2_w);
  const int rows = AV_CEIL_RSHIFT(layout_.height, log2_h);
  const AVChromaLocation location = chroma_location(layout_);

  Component component;
  component.step = place.step;
  component.offset = place.offset;
  component.samples = samples;
  const int bytes = (samples - 1) * place.step + place.offset + 1;
  component.blend = blend_of(place.plane, bytes, siting_of(log2_h, vertical_place(location)), rows);
  component.x = make_axis(layout_.filter, layout_.x, siting_of(log2_w, horizontal_place(location)), samples,
                          kTapMultiple);
  component.row.resize(static_cast<std::size_t>(layout_.x.outputs));

  // resample_row reads whole groups of taps, past the last sample.
  const auto padded = static_cast<std::size_t>(samples) + static_cast<std::size_t>(component.x.taps);
  std::vector<std::int16_t>& source = place.step == 1 ? blends_[component.blend].row : unpacked_;
  source.resize(std::max(source.size(), padded));
  components_.push_back(std::move(component));
}

std::size_t PictureScaler::blend_of(int plane, int bytes, const AxisSiting& siting, int rows) {
  const auto found = std::find_if(blends_.begin(), blends_.end(), [&](const Blend& blend) {
    return blend.plane == plane && blend.siting.log2_step == siting.log2_step;
  });
  const auto index = static_cast<std::size_t>(found - blends_.begin());
  if (found == blends_.end()) {
    blends_.push_back({plane, 0, siting, make_axis(layout_.filter, layout_.y, siting, rows, 1), {}});
  }
  Blend& blend = blends_[index];
  blend.bytes = std::max(blend.bytes, bytes);
  blend.row.resize(std::max(blend.row.size(), static_cast<std::size_t>(blend.bytes)));
  return index;
}

void PictureScaler::scale(const AVFrame& picture, const RowSink& sink) {
  for (int y = 0; y < layout_.y.outputs; ++y) {
    for (Blend& blended : blends_) blend(picture, blended, y);
    const std::int16_t* rows[3];
    for (std::size_t c = 0; c < 3; ++c) {
      if (c < components_.size()) resample(components_[c]);
      rows[c] = components_[c < components_.size() ? c : 0].row.data();
    }
    sink(y, rows);
  }
}

void PictureScaler::blend(const AVFrame& picture, Blend& blend, int y) {
  const auto output = static_cast<std::size_t>(y);
  const std::ptrdiff_t stride = picture.linesize[blend.plane];
  const std::uint8_t* first = picture.data[blend.plane] + stride * blend.y.first[output];
  const int count = blend.y.count[output];
  for (int k = 0; k < count; ++k) source_rows_[static_cast<std::size_t>(k)] = first + stride * k;
  kernels_.blend_rows(source_rows_.data(), blend.y.weights_of(y), count, blend.bytes, blend.row.data());
}

void PictureScaler::resample(Component& component) {
  const std::int16_t* source = blends_[component.blend].row.data();
  if (component.step != 1) {
    const std::int16_t* packed = source + component.offset;
    const std::ptrdiff_t step = component.step;
    for (int x = 0; x < component.samples; ++x) unpacked_[static_cast<std::size_t>(x)] = packed[x * step];
    source = unpacked_.data();
  }
  kernels_.resample_row(source, component.x, component.row.data());
}

}  // namespace actionflow
