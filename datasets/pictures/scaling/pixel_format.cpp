#include "datasets/pictures/scaling/pixel_format.h"

#include "base/error.h"
#include "datasets/pictures/scaling/color_matrix.h"

namespace actionflow {

namespace {

[[noreturn]] void refuse(int format, const std::string& why) {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(format));
  throw SourceError("pictures of the pixel format " + std::string(name ? name : "(unknown)") +
                    " cannot be converted: " + why);
}

AVPixelFormat planar_yuv(const AVPixFmtDescriptor& description) {
  switch (description.log2_chroma_w * 10 + description.log2_chroma_h) {
    case 0:
      return AV_PIX_FMT_YUV444P;
    case 1:
      return AV_PIX_FMT_YUV440P;
    case 10:
      return AV_PIX_FMT_YUV422P;
    case 20:
      return AV_PIX_FMT_YUV411P;
    case 22:
      return AV_PIX_FMT_YUV410P;
    default:
      return AV_PIX_FMT_YUV420P;
  }
}

}  // namespace

bool has_plain_bytes(AVPixelFormat format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  constexpr auto kOther =
      AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER;
  if (!description || (description->flags & kOther) != 0) return false;
  for (int c = 0; c < description->nb_components; ++c) {
    if (description->comp[c].depth != 8 || description->comp[c].shift != 0) return false;
  }
  return true;
}

AVPixelFormat plain_format(AVPixelFormat format) {
  switch (color_model(format)) {
    case ColorModel::rgb:
      return AV_PIX_FMT_RGB24;
    case ColorModel::gray:
      return AV_PIX_FMT_GRAY8;
    default:
      return planar_yuv(*av_pix_fmt_desc_get(format));
  }
}

const AVFrame& PlainFormatConverter::convert(const AVFrame& picture) {
  if (picture.format != format_ || picture.width != width_ || picture.height != height_) prepare(picture);
  const int rows = sws_scale(scaler_.get(), picture.data, picture.linesize, 0, picture.height, result_->data,
                             result_->linesize);
  if (rows != picture.height) refuse(picture.format, rows < 0 ? ffmpeg_error_text(rows) : "incomplete");
  result_->colorspace = picture.colorspace;
  result_->color_range = picture.color_range;
  result_->chroma_location = picture.chroma_location;
  return *result_;
}

void PlainFormatConverter::prepare(const AVFrame& picture) {
  const auto from = static_cast<AVPixelFormat>(picture.format);
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(from);
  if (!description) refuse(from, "it is not known");
  if ((description->flags & AV_PIX_FMT_FLAG_HWACCEL) != 0) refuse(from, "it lies in a device's memory");
  if (!sws_isSupportedInput(from)) refuse(from, "libswscale does not read it");

  format_ = AV_PIX_FMT_NONE;
  result_.reset(av_frame_alloc());
  if (!result_) throw std::bad_alloc();
  result_->format = plain_format(from);
  result_->width = picture.width;
  result_->height = picture.height;
  if (const int error = av_frame_get_buffer(result_.get(), 0); error < 0)
    refuse(from, ffmpeg_error_text(error));

  scaler_.reset(sws_alloc_context());
  if (!scaler_) throw std::bad_alloc();
  av_opt_set_int(scaler_.get(), "srcw", picture.width, 0);
  av_opt_set_int(scaler_.get(), "srch", picture.height, 0);
  av_opt_set_int(scaler_.get(), "src_format", from, 0);
  av_opt_set_int(scaler_.get(), "dstw", picture.width, 0);
  av_opt_set_int(scaler_.get(), "dsth", picture.height, 0);
  av_opt_set_int(scaler_.get(), "dst_format", result_->format, 0);
  av_opt_set_int(scaler_.get(), "sws_flags",
                 SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT, 0);
  av_opt_set(scaler_.get(), "sws_dither", "none", 0);
  if (const int error = sws_init_context(scaler_.get(), nullptr, nullptr); error < 0) {
    refuse(from, ffmpeg_error_text(error));
  }
  format_ = picture.format;
  width_ = picture.width;
  height_ = picture.height;
}

}  // namespace actionflow
