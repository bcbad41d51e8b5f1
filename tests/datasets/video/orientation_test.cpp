// Pictures stand as FFmpeg's own program shows them (its autorotation), whatever says how they lie.
#include "datasets/video/orientation.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "datasets/pictures/prepare.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 64, kHeight = 48;

std::vector<Orientation> all_orientations() {
  std::vector<Orientation> all;
  for (int i = 0; i < 8; ++i) all.push_back({(i & 4) != 0, (i & 2) != 0, (i & 1) != 0});
  return all;
}

void run(const std::string& command) {
  ASSERT_EQ(std::system(("ffmpeg -v error -nostdin -y " + command).c_str()), 0) << command;
}

// "RG/BW": red left of green, above blue left of white.
std::string quadrants(const std::vector<std::uint8_t>& rgb, int width, int height) {
  std::string text;
  for (const int y : {height / 4, height * 3 / 4}) {
    for (const int x : {width / 4, width * 3 / 4}) {
      const std::uint8_t* p = rgb.data() + 3 * (y * width + x);
      const bool red = p[0] > 128, green = p[1] > 128, blue = p[2] > 128;
      text += red && green && blue ? 'W' : red ? 'R' : green ? 'G' : blue ? 'B' : '?';
    }
    if (text.size() == 2) text += '/';
  }
  return text;
}

std::string shown_by_us(const fs::path& source) {
  const Decoded decoded = read_all(source);
  const Frame& frame = decoded.frames.at(0);
  InputSpec spec;
  spec.channels = 3;
  spec.width = frame.display_width();
  spec.height = frame.display_height();
  spec.resize = {ResizeFilter::nearest, ResizeMode::stretch, 0};
  const PreparedFramePtr prepared = Preparer(spec).prepare(frame);
  const std::vector<std::uint8_t> pixels(prepared->data(), prepared->data() + prepared->size());
  return std::to_string(spec.width) + "x" + std::to_string(spec.height) + " " +
         quadrants(pixels, spec.width, spec.height);
}

std::string shown_by_ffmpeg(const fs::path& file, const fs::path& folder) {
  run("-i " + file.string() + " -frames:v 1 " + (folder / "shown.ppm").string());
  std::ifstream ppm(folder / "shown.ppm", std::ios::binary);
  std::string magic;
  int width = 0, height = 0, most = 0;
  ppm >> magic >> width >> height >> most;
  ppm.get();
  std::vector<std::uint8_t> rgb(std::istreambuf_iterator<char>(ppm), {});
  if (rgb.size() < static_cast<std::size_t>(width * height * 3)) return "no picture";
  return std::to_string(width) + "x" + std::to_string(height) + " " + quadrants(rgb, width, height);
}

// A file of the four colours, encoded as `options` say.
void write_quadrants(const fs::path& path, const std::string& options) {
  run("-f lavfi -i \"color=red:s=32x24:r=5[a];color=lime:s=32x24:r=5[b];color=blue:s=32x24:r=5[c];"
      "color=white:s=32x24:r=5[d];[a][b]hstack[e];[c][d]hstack[f];[e][f]vstack\" -t 1 " +
      options + " " + path.string());
}

TEST(Orientation, TurnsAreThoseOfTheirMatrices) {
  for (const Orientation& each : all_orientations())
    EXPECT_EQ(orientation_of(display_matrix(each).data()), each);
  for (const int degrees : {0, 90, 180, 270}) {
    std::array<std::int32_t, 9> matrix{};
    av_display_rotation_set(matrix.data(), degrees);
    EXPECT_EQ(orientation_of(matrix.data()), Orientation::turned(degrees)) << degrees;
    av_display_rotation_set(matrix.data(), degrees + 20);
    EXPECT_EQ(orientation_of(matrix.data()), Orientation::turned(degrees)) << degrees << " and some more";
  }
  EXPECT_EQ(orientation_of(nullptr), Orientation{});
  EXPECT_EQ(orientation_of(std::array<std::int32_t, 9>{}.data()), Orientation{});
}

TEST(Orientation, OfATrackIsFollowed) {
  const TemporaryFolder folder;
  write_quadrants(folder / "plain.mp4", "-pix_fmt yuv444p -c:v libx264 -qp 0");
  const Decoded plain = read_all(folder / "plain.mp4");
  InputSpec spec;
  spec.channels = 3;
  spec.width = kWidth;
  spec.height = kHeight;
  const PreparedFramePtr picture = Preparer(spec).prepare(plain.frames.at(0));
  std::vector<std::string> seen;
  for (const Orientation& orientation : all_orientations()) {
    const fs::path file = folder / "turned.mp4";
    VideoWriterOptions options;
    options.width = kWidth;
    options.height = kHeight;
    options.orientation = orientation;
    VideoWriter writer(file, options);
    for (int i = 0; i < 3; ++i) writer.write(picture->data(), i * 40'000);
    writer.finish();
    EXPECT_EQ(shown_by_us(file), shown_by_ffmpeg(file, folder.path()));
    EXPECT_EQ(read_all(file).frames.at(0).orientation(), orientation);
    seen.push_back(shown_by_us(file));
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end()) << "eight orientations, eight pictures";
}

TEST(Orientation, OfH264sOwnMessageIsFollowed) {
  const TemporaryFolder folder;
  write_quadrants(folder / "plain.mp4", "-pix_fmt yuv420p -c:v libx264");
  for (const char* flip : {"", ":flip=horizontal", ":flip=vertical", ":flip=horizontal+vertical"}) {
    for (const int degrees : {0, 90, 180, 270}) {
      const fs::path file = folder / "turned.mkv";
      run("-i " + (folder / "plain.mp4").string() +
          " -c copy -bsf:v h264_metadata=display_orientation=insert:rotate=" + std::to_string(degrees) +
          flip + " " + file.string());
      EXPECT_EQ(shown_by_us(file), shown_by_ffmpeg(file, folder.path())) << degrees << flip;
    }
  }
}

// A JPEG file with the EXIF orientation that a camera writes (CIPA DC-008, tag 0x0112).
void add_exif(const fs::path& plain, const fs::path& path, char orientation) {
  std::ifstream in(plain, std::ios::binary);
  const std::string jpeg(std::istreambuf_iterator<char>(in), {});
  const std::string tiff = std::string("MM\0*\0\0\0\10", 8) + std::string("\0\1", 2) +
                           std::string("\1\22\0\3\0\0\0\1\0", 9) + orientation +
                           std::string("\0\0\0\0\0\0", 6);
  const std::string body = std::string("Exif\0\0", 6) + tiff;
  const auto size = static_cast<char>(body.size() + 2);
  std::ofstream(path, std::ios::binary)
      << jpeg.substr(0, 2) << "\xFF\xE1" << '\0' << size << body << jpeg.substr(2);
}

TEST(Orientation, OfExifIsFollowed) {
  const TemporaryFolder folder;
  write_quadrants(folder / "plain.jpg", "-pix_fmt yuvj444p -frames:v 1");
  for (char orientation = 1; orientation <= 8; ++orientation) {
    const fs::path frames = folder / ("exif_" + std::to_string(orientation));
    fs::create_directory(frames);
    add_exif(folder / "plain.jpg", frames / "1.jpg", orientation);
    fs::copy(frames / "1.jpg", frames / "2.jpg");
    EXPECT_EQ(shown_by_us(frames), shown_by_ffmpeg(frames / "1.jpg", folder.path())) << int{orientation};
  }
}

}  // namespace
}  // namespace actionflow::testing
