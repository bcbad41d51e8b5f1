#include "datasets/pictures/scaling/scale_kernels.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "datasets/pictures/scaling/picture_scaler.h"
#include "tests/datasets/pictures.h"

namespace actionflow {
namespace {

#define REQUIRE_AVX2() \
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "this processor has no AVX2"

constexpr ResizeFilter kFilters[] = {ResizeFilter::area, ResizeFilter::bilinear, ResizeFilter::bicubic,
                                     ResizeFilter::nearest};

TEST(ScaleAxis, WeightsOfEachOutputSumToOneAndStayInside) {
  for (const ResizeFilter filter : kFilters) {
    for (const int samples : {1, 2, 3, 100, 641, 8192}) {
      for (const int outputs : {1, 7, 112, 500}) {
        for (const AxisSiting& siting :
             {AxisSiting{0, 0}, AxisSiting{1, -0.5}, AxisSiting{2, -1.5}, AxisSiting{1, 0.5}}) {
          const double step = std::ldexp(static_cast<double>(samples), siting.log2_step) / outputs;
          const Axis axis = make_axis(filter, {0, step, outputs}, siting, samples, 16);
          ASSERT_EQ(axis.taps % 16, 0);
          for (int i = 0; i < outputs; ++i) {
            const auto at = static_cast<std::size_t>(i);
            EXPECT_EQ(std::accumulate(axis.weights_of(i), axis.weights_of(i) + axis.taps, 0),
                      1 << kWeightBits);
            EXPECT_GE(axis.first[at], 0);
            EXPECT_LE(axis.first[at] + axis.count[at], samples);
          }
        }
      }
    }
  }
}

TEST(ScaleKernels, EveryProcessorGivesTheSameSamples) {
  REQUIRE_AVX2();
  std::mt19937 random(1);
  for (const int width : {1, 4, 31, 32, 33, 64, 100, 1280}) {
    const int count = 1 + static_cast<int>(random() % 9);
    std::vector<std::vector<std::uint8_t>> rows;
    std::vector<const std::uint8_t*> pointers;
    std::vector<std::int16_t> weights;
    for (int k = 0; k < count; ++k) {
      rows.emplace_back(static_cast<std::size_t>(width));
      for (auto& value : rows.back()) value = static_cast<std::uint8_t>(random());
      weights.push_back(static_cast<std::int16_t>(static_cast<int>(random() % 24000) - 6000));
    }
    for (const auto& row : rows) pointers.push_back(row.data());
    std::vector<std::int16_t> plain(static_cast<std::size_t>(width));
    std::vector<std::int16_t> fast(static_cast<std::size_t>(width));
    generic_scale_kernels()->blend_rows(pointers.data(), weights.data(), count, width, plain.data());
    avx2_scale_kernels()->blend_rows(pointers.data(), weights.data(), count, width, fast.data());
    EXPECT_EQ(plain, fast) << width;
  }
}

TEST(ScaleKernels, EveryProcessorGivesTheSamePictures) {
  REQUIRE_AVX2();
  for (const ResizeFilter filter : kFilters) {
    for (const AVPixelFormat format : {AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12, AV_PIX_FMT_RGB24}) {
      for (const int outputs : {3, 16, 45, 150}) {
        const auto picture = testing::filled(format, 101, 67, testing::noise(9));
        const ScaleLayout layout{format,
                                 AVCHROMA_LOC_UNSPECIFIED,
                                 101,
                                 67,
                                 filter,
                                 {0, 101.0 / outputs, outputs},
                                 {3, 60.0 / outputs, outputs},
                                 3};
        std::vector<std::int16_t> samples[2];
        std::vector<std::uint8_t> colors[2];
        const ScaleKernels* kernels[2] = {generic_scale_kernels(), avx2_scale_kernels()};
        for (int k = 0; k < 2; ++k) {
          PictureScaler(layout, *kernels[k]).scale(*picture, [&](int, const std::int16_t* const* rows) {
            for (int c = 0; c < 3; ++c) samples[k].insert(samples[k].end(), rows[c], rows[c] + outputs);
            std::vector<std::uint8_t> row(static_cast<std::size_t>(outputs));
            kernels[k]->convert_row(rows, {{9539, -3209, -6660}, 1 << 20}, outputs, row.data());
            colors[k].insert(colors[k].end(), row.begin(), row.end());
          });
        }
        EXPECT_EQ(samples[0], samples[1]);
        EXPECT_EQ(colors[0], colors[1]);
      }
    }
  }
}

}  // namespace
}  // namespace actionflow
