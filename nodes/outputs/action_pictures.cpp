#include "nodes/outputs/action_pictures.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/pictures/encoding/jpeg.h"
#include "datasets/recordings/video_frames.h"
#include "datasets/recordings/video_index.h"

namespace actionflow {

namespace {

FrameForm form() {
  FrameForm form;
  form.width = 144;
  form.height = 108;
  form.resize.mode = ResizeMode::fit;
  return form;
}

}  // namespace

std::vector<std::string> action_pictures(const std::filesystem::path& video,
                                         const std::vector<double>& seconds) {
  std::vector<std::string> pictures(seconds.size());
  if (seconds.empty()) return pictures;
  try {
    SourceOptions source;
    source.source = video.string();
    const auto frames =
        open_video_frames(source, form(), std::make_shared<const VideoIndex>(index_video(source)));
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      RgbPicture picture(form().height, form().width);
      const std::uint8_t* pixels = frames->pixels(frames->frame_at(seconds[i]));
      std::copy_n(pixels, picture.pixels.size(), picture.pixels.begin());
      pictures[i] = encode_jpeg(picture);
    }
  } catch (const Error&) {
    // What was found in it stands without pictures.
  }
  return pictures;
}

}  // namespace actionflow
