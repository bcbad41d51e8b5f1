// Small pictures of moments of a recorded video.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace actionflow {

// JPEG files, 144 × 108 pixels, of what is seen at these seconds, in rising order. Decodes as little as the
// video's keyframes allow. Empty from where on the video cannot be read.
std::vector<std::string> action_pictures(const std::filesystem::path& video,
                                         const std::vector<double>& seconds);

}  // namespace actionflow
