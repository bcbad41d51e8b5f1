#include "datasets/video/decoding/hardware_decoding.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/log/hourly.h"

namespace actionflow {

namespace {

std::vector<AVHWDeviceType> device_types(Hardware wanted) {
  const std::vector<std::pair<Hardware, AVHWDeviceType>> known{{Hardware::vaapi, AV_HWDEVICE_TYPE_VAAPI},
                                                               {Hardware::cuda, AV_HWDEVICE_TYPE_CUDA},
                                                               {Hardware::qsv, AV_HWDEVICE_TYPE_QSV},
                                                               {Hardware::vdpau, AV_HWDEVICE_TYPE_VDPAU},
                                                               {Hardware::drm, AV_HWDEVICE_TYPE_DRM}};
  std::vector<AVHWDeviceType> types;
  for (const auto& [kind, type] : known)
    if (wanted == Hardware::automatic || wanted == kind) types.push_back(type);
  return types;
}

// How the codec's pictures look on such a device; AV_PIX_FMT_NONE where it does not know the codec.
AVPixelFormat device_format(const AVCodec& codec, AVHWDeviceType type) {
  for (int i = 0;; ++i) {
    const AVCodecHWConfig* config = avcodec_get_hw_config(&codec, i);
    if (!config) return AV_PIX_FMT_NONE;
    if (config->device_type == type && (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0)
      return config->pix_fmt;
  }
}

// The device's format while the decoder offers it: for a profile that it does not know the decoder asks
// again.
AVPixelFormat choose_format(AVCodecContext* context, const AVPixelFormat* offered) {
  const auto wanted = static_cast<AVPixelFormat>(reinterpret_cast<std::intptr_t>(context->opaque));
  for (const AVPixelFormat* format = offered; *format != AV_PIX_FMT_NONE; ++format)
    if (*format == wanted) return wanted;
  return avcodec_default_get_format(context, offered);
}

}  // namespace

AVPixelFormat attach_device(AVCodecContext& context, const AVCodec& codec, Hardware wanted,
                            const std::string& shown) {
  std::string why = std::string("nothing that decodes ") + codec.name + " is known to FFmpeg";
  for (const AVHWDeviceType type : device_types(wanted)) {
    const AVPixelFormat format = device_format(codec, type);
    if (format == AV_PIX_FMT_NONE) continue;
    const int result = av_hwdevice_ctx_create(&context.hw_device_ctx, type, nullptr, nullptr, 0);
    if (result >= 0) {
      context.opaque = reinterpret_cast<void*>(static_cast<std::intptr_t>(format));
      context.get_format = choose_format;
      log::hourly(log::Level::info, fmt::format("{}: decoded by {}", shown, av_hwdevice_get_type_name(type)));
      return format;
    }
    why = std::string(av_hwdevice_get_type_name(type)) + ": " + ffmpeg_error_text(result);
  }
  log::hourly(log::Level::warn,
              fmt::format("{}: decoded by the processor, since there is no device for it ({})", shown, why));
  return AV_PIX_FMT_NONE;
}

UniqueFrame fetched(const AVFrame& picture) {
  UniqueFrame copy(av_frame_alloc());
  if (!copy || av_hwframe_transfer_data(copy.get(), &picture, 0) < 0) return nullptr;
  if (av_frame_copy_props(copy.get(), &picture) < 0) return nullptr;
  return copy;
}

}  // namespace actionflow
