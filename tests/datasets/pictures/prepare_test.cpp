#include "datasets/pictures/prepare.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/datasets/pictures.h"

namespace actionflow {
namespace {

using testing::Difference;
using testing::difference;
using testing::filled;
using testing::Image;
using testing::kLimited601;
using testing::make_picture;
using testing::noise;
using testing::Picture;
using testing::prepared;
using testing::scene;

struct Size {
  int width, height;
};

InputSpec form(int width, int height, ResizeFilter filter = ResizeFilter::area) {
  InputSpec spec;
  spec.width = width;
  spec.height = height;
  spec.resize.filter = filter;
  return spec;
}

void expect_close(const PreparedFramePtr& frame, const Image& reference) {
  ASSERT_EQ(frame->width(), reference.width);
  ASSERT_EQ(frame->height(), reference.height);
  const Difference found = difference(*frame, reference);
  EXPECT_LE(found.greatest, 1.0);
  // Rounding alone gives 0.25 in the mean of many.
  if (reference.values.size() >= 300) {
    EXPECT_LE(found.mean, 0.3);
  }
}

std::vector<std::uint8_t> bytes_of(const PreparedFrame& frame) {
  return {frame.data(), frame.data() + frame.size()};
}

constexpr ResizeFilter kFilters[] = {ResizeFilter::area, ResizeFilter::bilinear, ResizeFilter::bicubic,
                                     ResizeFilter::nearest};

TEST(Prepare, EveryFilterFollowsItsDefinition) {
  for (const auto& [w, h] : {Size{97, 61}, Size{64, 64}, Size{33, 200}, Size{1, 1}, Size{7, 2}}) {
    for (const testing::Content& content : {noise(1), scene(2)}) {
      const Picture picture = filled(AV_PIX_FMT_YUV444P, w, h, content);
      const Image rgb = testing::plain_rgb(*picture, kLimited601);
      for (const ResizeFilter filter : kFilters) {
        for (const auto& [width, height] : {Size{24, 17}, Size{112, 112}, Size{50, 61}, Size{1, 3}}) {
          SCOPED_TRACE(::testing::Message() << w << "×" << h << " filter " << static_cast<int>(filter)
                                            << " to " << width << "×" << height);
          expect_close(prepared(form(width, height, filter), picture),
                       testing::resized(rgb, filter, width, height));
        }
      }
    }
  }
}

TEST(Prepare, SubsampledChromaLiesWhereThePictureSays) {
  for (const AVPixelFormat format :
       {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_NV12, AV_PIX_FMT_YUYV422}) {
    for (const auto location : {AVCHROMA_LOC_LEFT, AVCHROMA_LOC_CENTER}) {
      for (const auto& [w, h] : {Size{96, 62}, Size{97, 61}, Size{320, 240}}) {
        if (format == AV_PIX_FMT_YUYV422 && w % 2 != 0) continue;
        const Picture picture = filled(format, w, h, noise(5));
        picture->chroma_location = location;
        const Image rgb = testing::doubled_rgb(*picture, kLimited601, location == AVCHROMA_LOC_LEFT);
        SCOPED_TRACE(::testing::Message()
                     << av_get_pix_fmt_name(format) << " " << w << "×" << h << " " << location);
        expect_close(prepared(form(20, 13), picture), testing::resized(rgb, ResizeFilter::area, 20, 13));
        expect_close(prepared(form(90, 70), picture), testing::resized(rgb, ResizeFilter::area, 90, 70));
      }
    }
  }
}

// Pillow 13.0.0: Image.fromarray(a).resize(size, filter) of a[y][x] = (37x + 53y + 11xy) mod 256, 11×7.
TEST(Prepare, AgreesWithPillow) {
  const Picture picture =
      filled(AV_PIX_FMT_GRAY8, 11, 7, [](int, int x, int y) { return (x * 37 + y * 53 + x * y * 11) % 256; });
  const auto expect = [&](ResizeFilter filter, int width, int height, const std::vector<int>& pillow) {
    InputSpec spec = form(width, height, filter);
    spec.color = ColorOrder::gray;
    spec.channels = 1;
    const auto frame = prepared(spec, picture);
    for (std::size_t i = 0; i < pillow.size(); ++i) EXPECT_NEAR(frame->data()[i], pillow[i], 1) << i;
  };
  expect(ResizeFilter::bilinear, 4, 3, {93, 143, 116, 115, 139, 130, 124, 122, 99, 120, 116, 143});
  expect(ResizeFilter::bicubic, 4, 3, {88, 150, 114, 111, 144, 128, 123, 125, 94, 122, 114, 146});
  expect(ResizeFilter::bilinear, 13, 9,
         {0,   28,  60,  91,  122, 154, 185, 216, 70,  23,  54,  86,  114, 35,  69, 107, 144, 182, 193, 86,
          124, 102, 114, 151, 149, 52,  77,  117, 162, 154, 138, 161, 85,  130, 96, 106, 150, 162, 93});
}

TEST(Prepare, OneComponentOrderOrAnotherIsTheSamePicture) {
  const testing::Content content = noise(3);
  const Picture rgb = filled(AV_PIX_FMT_RGB24, 70, 50, content);
  const auto expected = bytes_of(*prepared(form(20, 20), rgb));
  for (const AVPixelFormat format : {AV_PIX_FMT_BGR24, AV_PIX_FMT_RGBA, AV_PIX_FMT_ABGR, AV_PIX_FMT_0RGB,
                                     AV_PIX_FMT_GBRP, AV_PIX_FMT_GBRAP}) {
    const Picture other = filled(format, 70, 50, [&](int c, int x, int y) {
      return c == 3 ? 77 : static_cast<int>(testing::component_at(*rgb, c, x, y));
    });
    EXPECT_EQ(bytes_of(*prepared(form(20, 20), other)), expected) << av_get_pix_fmt_name(format);
  }
  EXPECT_LE(difference(*prepared(form(20, 20), rgb),
                       testing::resized(testing::plain_rgb(*rgb, kLimited601), ResizeFilter::area, 20, 20))
                .greatest,
            1);
}

TEST(Prepare, AlphaIsPassedOver) {
  const Picture plain = filled(AV_PIX_FMT_YUV420P, 64, 48, scene(4));
  const Picture alpha = filled(AV_PIX_FMT_YUVA420P, 64, 48, [&](int c, int x, int y) {
    return c == 3 ? x : static_cast<int>(testing::component_at(*plain, c, x, y));
  });
  EXPECT_EQ(bytes_of(*prepared(form(16, 16), alpha)), bytes_of(*prepared(form(16, 16), plain)));
}

TEST(Prepare, TurnsPicturesUpright) {
  const Picture picture = filled(AV_PIX_FMT_YUV444P, 90, 50, scene(6));
  Image upright = testing::plain_rgb(*picture, kLimited601);
  for (const int rotation : {0, 90, 180, 270}) {
    SCOPED_TRACE(rotation);
    for (const ResizeFilter filter : kFilters) {
      if (filter == ResizeFilter::nearest) continue;  // a tie falls to the other side when turned
      expect_close(prepared(form(31, 20, filter), picture, Orientation::turned(rotation)),
                   testing::resized(upright, filter, 31, 20));
    }
    InputSpec crop = form(21, 20, ResizeFilter::bilinear);
    crop.resize.mode = ResizeMode::short_side;
    crop.resize.size = 26;
    const bool sideways = rotation == 90 || rotation == 270;  // 26·90/50 = 46.8
    const Image scaled =
        testing::resized(upright, ResizeFilter::bilinear, sideways ? 26 : 46, sideways ? 46 : 26);
    // Margins of 5, 26 and 25: half of each, to even.
    const Image middle = testing::cropped(scaled, sideways ? 2 : 12, sideways ? 13 : 3, 21, 20);
    expect_close(prepared(crop, picture, Orientation::turned(rotation)), middle);
    upright = testing::turned(upright);
  }
}

TEST(Prepare, CropsTheMiddleAfterScalingTheShortSide) {
  const Picture picture = filled(AV_PIX_FMT_YUV444P, 320, 240, scene(8));
  const Image rgb = testing::plain_rgb(*picture, kLimited601);
  InputSpec spec = form(112, 112, ResizeFilter::bilinear);
  spec.resize.mode = ResizeMode::short_side;
  spec.resize.size = 128;
  expect_close(prepared(spec, picture),
               testing::cropped(testing::resized(rgb, ResizeFilter::bilinear, 170, 128), 29, 8, 112, 112));
  spec.resize.size = 0;
  expect_close(prepared(spec, picture),
               testing::cropped(testing::resized(rgb, ResizeFilter::bilinear, 149, 112), 18, 0, 112, 112));
  // Too small for the crop: scaled up until the crop fits.
  spec.width = 200;
  spec.resize.size = 64;
  expect_close(prepared(spec, picture),
               testing::cropped(testing::resized(rgb, ResizeFilter::bilinear, 200, 150), 0, 19, 200, 112));
}

// `picture` on black, its top left pixel at (left, top).
Image on_black(const Image& picture, int left, int top, int width, int height) {
  Image result(width, height);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      for (int c = 0; c < 3; ++c) result.at(c, left + x, top + y) = picture.at(c, x, y);
    }
  }
  return result;
}

TEST(Prepare, FitsTheWholePictureBetweenBlackBars) {
  const Picture wide = filled(AV_PIX_FMT_YUV444P, 90, 50, scene(6));
  Image upright = testing::plain_rgb(*wide, kLimited601);
  InputSpec spec = form(40, 35, ResizeFilter::bilinear);
  spec.resize.mode = ResizeMode::fit;
  for (const int rotation : {0, 90, 180, 270}) {
    SCOPED_TRACE(rotation);
    const bool sideways = rotation == 90 || rotation == 270;
    const Image scaled =  // 40·50/90 = 22.2 high, or 35·50/90 = 19.4 wide
        testing::resized(upright, ResizeFilter::bilinear, sideways ? 19 : 40, sideways ? 35 : 22);
    expect_close(prepared(spec, wide, Orientation::turned(rotation)),
                 on_black(scaled, sideways ? 10 : 0, sideways ? 0 : 6, 40, 35));
    upright = testing::turned(upright);
  }
  // Scaled up as well; a sliver keeps one pixel.
  spec = form(40, 20);
  spec.resize.mode = ResizeMode::fit;
  const Picture small = filled(AV_PIX_FMT_YUV444P, 8, 8, noise(7));
  const Image rgb = testing::plain_rgb(*small, kLimited601);
  expect_close(prepared(spec, small),
               on_black(testing::resized(rgb, ResizeFilter::area, 20, 20), 10, 0, 40, 20));
  const Picture sliver = filled(AV_PIX_FMT_YUV444P, 2, 400, noise(7));
  const Image line = testing::plain_rgb(*sliver, kLimited601);
  expect_close(prepared(spec, sliver),
               on_black(testing::resized(line, ResizeFilter::area, 1, 20), 19, 0, 40, 20));
}

TEST(Prepare, ThereIsNoMotionInBlackBars) {
  InputSpec spec = form(24, 24);
  spec.channels = 4;
  spec.motion = Motion::difference;
  spec.resize.mode = ResizeMode::fit;
  Preparer preparer(spec);
  preparer.prepare(Frame(filled(AV_PIX_FMT_YUV444P, 24, 24, [](int, int, int) { return 128; }), 0, {}));
  const Picture flat = filled(AV_PIX_FMT_YUV444P, 48, 24, [](int c, int, int) { return c == 0 ? 235 : 128; });
  preparer.prepare(Frame(flat, 1, {}));
  const auto still = preparer.prepare(Frame(flat, 2, {}));
  for (std::size_t i = 3; i < still->size(); i += 4) EXPECT_EQ(still->data()[i], 0);
}

TEST(Prepare, AppliesTheSampleAspectBeforeTheProportions) {
  const Picture picture = filled(AV_PIX_FMT_YUV444P, 90, 120, scene(9));
  picture->sample_aspect_ratio = {16, 9};  // shown as 160×120
  InputSpec spec = form(60, 60);
  spec.resize.mode = ResizeMode::short_side;
  const Image rgb = testing::plain_rgb(*picture, kLimited601);
  expect_close(prepared(spec, picture),
               testing::cropped(testing::resized(rgb, ResizeFilter::area, 80, 60), 10, 0, 60, 60));
  expect_close(
      prepared(spec, picture, Orientation::turned(90)),
      testing::cropped(testing::resized(testing::turned(rgb), ResizeFilter::area, 60, 80), 0, 10, 60, 60));
}

TEST(Prepare, GivesTheColoursInTheOrderAsked) {
  const Picture picture = filled(AV_PIX_FMT_YUV420P, 64, 48, scene(10));
  InputSpec spec = form(16, 16);
  const auto rgb = prepared(spec, picture);
  spec.color = ColorOrder::bgr;
  const auto bgr = prepared(spec, picture);
  for (std::size_t i = 0; i < rgb->size(); i += 3) {
    EXPECT_EQ(rgb->data()[i], bgr->data()[i + 2]);
    EXPECT_EQ(rgb->data()[i + 1], bgr->data()[i + 1]);
    EXPECT_EQ(rgb->data()[i + 2], bgr->data()[i]);
  }
}

TEST(Prepare, GrayIsTheLumaOfThePicture) {
  InputSpec spec = form(4, 4);
  spec.color = ColorOrder::gray;
  spec.channels = 1;
  const auto gray_of = [&](AVPixelFormat format, std::array<int, 3> color, AVColorRange range) {
    const Picture picture =
        filled(format, 16, 16, [&](int c, int, int) { return color[static_cast<std::size_t>(c)]; });
    picture->color_range = range;
    const auto frame = prepared(spec, picture);
    EXPECT_EQ(frame->channels(), 1);
    return int{frame->data()[5]};
  };
  EXPECT_EQ(gray_of(AV_PIX_FMT_YUV420P, {16, 200, 30}, AVCOL_RANGE_UNSPECIFIED), 0);
  EXPECT_EQ(gray_of(AV_PIX_FMT_YUV420P, {235, 200, 30}, AVCOL_RANGE_MPEG), 255);
  EXPECT_EQ(gray_of(AV_PIX_FMT_YUV420P, {126, 1, 2}, AVCOL_RANGE_MPEG), 128);
  EXPECT_EQ(gray_of(AV_PIX_FMT_YUV420P, {126, 1, 2}, AVCOL_RANGE_JPEG), 126);
  EXPECT_EQ(gray_of(AV_PIX_FMT_YUVJ420P, {126, 1, 2}, AVCOL_RANGE_UNSPECIFIED), 126);
  EXPECT_EQ(gray_of(AV_PIX_FMT_GRAY8, {126, 0, 0}, AVCOL_RANGE_UNSPECIFIED), 126);
  EXPECT_EQ(gray_of(AV_PIX_FMT_GRAY8, {126, 0, 0}, AVCOL_RANGE_MPEG), 128);
  EXPECT_EQ(gray_of(AV_PIX_FMT_RGB24, {255, 0, 0}, AVCOL_RANGE_UNSPECIFIED), 76);  // 0.299·255
  EXPECT_EQ(gray_of(AV_PIX_FMT_RGB24, {0, 255, 0}, AVCOL_RANGE_UNSPECIFIED), 150);
  EXPECT_EQ(gray_of(AV_PIX_FMT_RGB24, {0, 0, 255}, AVCOL_RANGE_UNSPECIFIED), 29);
}

TEST(Prepare, AGrayPictureHasThreeEqualColours) {
  const auto frame = prepared(form(8, 8), filled(AV_PIX_FMT_YA8, 32, 32, scene(11)));
  for (std::size_t i = 0; i < frame->size(); i += 3) {
    EXPECT_EQ(frame->data()[i], frame->data()[i + 1]);
    EXPECT_EQ(frame->data()[i], frame->data()[i + 2]);
  }
}

TEST(Prepare, BringsOtherFormatsToPlainBytesFirst) {
  const Picture plain = filled(AV_PIX_FMT_YUV420P, 64, 48, scene(12));
  const Picture deep = make_picture(AV_PIX_FMT_YUV420P10LE, 64, 48);
  for (int p = 0; p < 3; ++p) {
    for (int y = 0; y < (p ? 24 : 48); ++y) {
      auto* row = reinterpret_cast<std::uint16_t*>(deep->data[p] + y * deep->linesize[p]);
      for (int x = 0; x < (p ? 32 : 64); ++x) {
        row[x] = static_cast<std::uint16_t>(plain->data[p][y * plain->linesize[p] + x] * 4);
      }
    }
  }
  for (const AVColorRange range : {AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG}) {
    plain->color_range = range;
    deep->color_range = range;
    EXPECT_EQ(bytes_of(*prepared(form(16, 16), deep)), bytes_of(*prepared(form(16, 16), plain)));
  }

  const Picture palette = make_picture(AV_PIX_FMT_PAL8, 64, 48);
  const Picture rgb = make_picture(AV_PIX_FMT_RGB24, 64, 48);
  for (unsigned i = 0; i < 256; ++i) {
    reinterpret_cast<std::uint32_t*>(palette->data[1])[i] =
        0xff000000u | i << 16 | (255 - i) << 8 | (i * 7) % 256;
  }
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 64; ++x) {
      const auto i = static_cast<std::uint8_t>(x * y);
      palette->data[0][y * palette->linesize[0] + x] = i;
      std::uint8_t* pixel = rgb->data[0] + y * rgb->linesize[0] + 3 * x;
      pixel[0] = i;
      pixel[1] = static_cast<std::uint8_t>(255 - i);
      pixel[2] = static_cast<std::uint8_t>(i * 7);
    }
  }
  EXPECT_EQ(bytes_of(*prepared(form(16, 16), palette)), bytes_of(*prepared(form(16, 16), rgb)));
}

TEST(Prepare, EveryFormatThatCanBeReadGivesAPicture) {
  for (const AVPixFmtDescriptor* d = av_pix_fmt_desc_next(nullptr); d; d = av_pix_fmt_desc_next(d)) {
    const AVPixelFormat format = av_pix_fmt_desc_get_id(d);
    SCOPED_TRACE(d->name);
    if (d->flags & AV_PIX_FMT_FLAG_HWACCEL || (!sws_isSupportedInput(format))) continue;
    const Picture picture = make_picture(format, 64, 48);
    EXPECT_EQ(prepared(form(16, 16), picture)->size(), 16u * 16 * 3);
  }
}

TEST(Prepare, RefusesWhatIsNoPictureInMemory) {
  EXPECT_THROW(prepared(form(8, 8), nullptr), SourceError);
  const Picture empty(av_frame_alloc(), [](AVFrame* frame) { av_frame_free(&frame); });
  EXPECT_THROW(prepared(form(8, 8), empty), SourceError);
  const Picture device = make_picture(AV_PIX_FMT_YUV420P, 16, 16);
  device->format = AV_PIX_FMT_VAAPI;
  EXPECT_THROW(prepared(form(8, 8), device), SourceError);
}

TEST(Prepare, RefusesAFormWithoutPictures) {
  InputSpec spec = form(8, 8);
  spec.channels = 40;
  EXPECT_THROW(Preparer{spec}, UsageError);
}

TEST(Prepare, FollowsAChangeOfSizeAndFormatMidStream) {
  Preparer preparer(form(16, 16));
  const Picture pictures[] = {
      filled(AV_PIX_FMT_YUV420P, 64, 48, scene(1)), filled(AV_PIX_FMT_YUV420P, 50, 90, scene(2)),
      filled(AV_PIX_FMT_NV12, 50, 90, scene(3)), filled(AV_PIX_FMT_YUV420P, 64, 48, scene(4)),
      filled(AV_PIX_FMT_RGB24, 64, 48, scene(5))};
  for (const Picture& picture : pictures) {
    EXPECT_EQ(bytes_of(*preparer.prepare(Frame(picture, 0, {}))), bytes_of(*prepared(form(16, 16), picture)));
  }
}

}  // namespace
}  // namespace actionflow
