#include <gtest/gtest.h>

#include "datasets/pictures/prepare.h"
#include "tests/datasets/pictures.h"

namespace actionflow {
namespace {

using testing::filled;
using testing::Picture;
using testing::prepared;
using Rgb = std::array<int, 3>;

InputSpec form(int size, ResizeFilter filter = ResizeFilter::area) {
  InputSpec spec;
  spec.width = spec.height = size;
  spec.resize.filter = filter;
  return spec;
}

Rgb color_of(const Picture& picture) {
  const auto frame = prepared(form(4), picture);
  return {frame->data()[0], frame->data()[1], frame->data()[2]};
}

Picture plain(Rgb yuv, AVColorSpace space, int height = 16) {
  Picture picture = filled(AV_PIX_FMT_YUV420P, 16, height,
                           [&](int c, int, int) { return yuv[static_cast<std::size_t>(c)]; });
  picture->colorspace = space;
  return picture;
}

void expect_near(Rgb got, Rgb expected) {
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(got[c], expected[c], 1) << c;
}

// Full red, green and blue in 8 bits of limited range, as the standards' colour bars give them.
TEST(Color, EachMatrixGivesBackItsOwnBars) {
  expect_near(color_of(plain({81, 90, 240}, AVCOL_SPC_SMPTE170M)), {254, 0, 0});
  expect_near(color_of(plain({145, 54, 34}, AVCOL_SPC_BT470BG)), {0, 255, 1});
  expect_near(color_of(plain({41, 240, 110}, AVCOL_SPC_SMPTE170M)), {0, 0, 255});
  expect_near(color_of(plain({63, 102, 240}, AVCOL_SPC_BT709)), {255, 1, 0});
  expect_near(color_of(plain({173, 42, 26}, AVCOL_SPC_BT709)), {0, 255, 1});
  expect_near(color_of(plain({32, 240, 118}, AVCOL_SPC_BT709)), {1, 0, 255});
  expect_near(color_of(plain({74, 97, 240}, AVCOL_SPC_BT2020_NCL)), {255, 0, 0});
}

TEST(Color, FollowsTheFormulasOfEveryMatrixAndRange) {
  const struct {
    AVColorSpace space;
    double kr, kb;
  } matrices[] = {{AVCOL_SPC_BT709, 0.2126, 0.0722},
                  {AVCOL_SPC_SMPTE170M, 0.299, 0.114},
                  {AVCOL_SPC_BT2020_NCL, 0.2627, 0.0593},
                  {AVCOL_SPC_SMPTE240M, 0.212, 0.087}};
  for (const auto& matrix : matrices) {
    for (const bool full : {false, true}) {
      const Picture picture = filled(AV_PIX_FMT_YUV444P, 32, 32, testing::noise(1));
      picture->colorspace = matrix.space;
      picture->color_range = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
      const auto found = testing::difference(*prepared(form(32), picture),
                                             testing::plain_rgb(*picture, {matrix.kr, matrix.kb, full}));
      EXPECT_LE(found.greatest, 0.52) << matrix.space << " " << full;
    }
  }
}

TEST(Color, AnUnnamedMatrixIsBt709From720Lines) {
  EXPECT_EQ(color_of(plain({81, 90, 240}, AVCOL_SPC_UNSPECIFIED, 719)),
            color_of(plain({81, 90, 240}, AVCOL_SPC_SMPTE170M, 719)));
  EXPECT_EQ(color_of(plain({81, 90, 240}, AVCOL_SPC_UNSPECIFIED, 720)),
            color_of(plain({81, 90, 240}, AVCOL_SPC_BT709, 720)));
}

// libswscale at its best is a second implementation: chroma where we say it is, full precision.
PreparedFrame by_swscale(const AVFrame& picture, int size, int filter, AVColorSpace space) {
  UniqueScaler scaler(sws_alloc_context());
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, std::int64_t>>{
           {"srcw", picture.width},
           {"srch", picture.height},
           {"src_format", picture.format},
           {"dstw", size},
           {"dsth", size},
           {"dst_format", AV_PIX_FMT_RGB24},
           {"src_h_chr_pos", 0},
           {"src_v_chr_pos", 128},
           {"sws_flags",
            filter | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT}}) {
    av_opt_set_int(scaler.get(), key, value, 0);
  }
  av_opt_set_double(scaler.get(), "param0", filter == SWS_BICUBIC ? 0 : SWS_PARAM_DEFAULT, 0);
  av_opt_set_double(scaler.get(), "param1", filter == SWS_BICUBIC ? 0.5 : SWS_PARAM_DEFAULT, 0);
  if (sws_init_context(scaler.get(), nullptr, nullptr) < 0) throw std::runtime_error("swscale");
  const int* table = sws_getCoefficients(space);
  sws_setColorspaceDetails(scaler.get(), table, 0, table, 1, 0, 1 << 16, 1 << 16);
  PreparedFrame out(size, size, 3);
  std::uint8_t* planes[4] = {out.data()};
  const int strides[4] = {size * 3};
  sws_scale(scaler.get(), picture.data, picture.linesize, 0, picture.height, planes, strides);
  return out;
}

TEST(Color, AgreesWithAccurateSwscale) {
  const std::pair<ResizeFilter, int> filters[] = {{ResizeFilter::area, SWS_AREA},
                                                  {ResizeFilter::bilinear, SWS_BILINEAR},
                                                  {ResizeFilter::bicubic, SWS_BICUBIC}};
  for (const AVColorSpace space : {AVCOL_SPC_BT709, AVCOL_SPC_SMPTE170M}) {
    const Picture picture = filled(AV_PIX_FMT_YUV420P, 640, 480, testing::scene(3));
    picture->colorspace = space;
    for (const auto& [ours, theirs] : filters) {
      const auto frame = prepared(form(112, ours), picture);
      const PreparedFrame other = by_swscale(*picture, 112, theirs, space);
      double mean = 0;
      int greatest = 0;
      for (std::size_t i = 0; i < frame->size(); ++i) {
        const int d = std::abs(frame->data()[i] - other.data()[i]);
        greatest = std::max(greatest, d);
        mean += static_cast<double>(d) / static_cast<double>(frame->size());
      }
      EXPECT_LE(greatest, 3) << theirs;
      EXPECT_LE(mean, 0.4) << theirs;
    }
  }
}

}  // namespace
}  // namespace actionflow
