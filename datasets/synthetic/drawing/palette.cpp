#include "datasets/synthetic/drawing/palette.h"

#include <algorithm>
#include <array>
#include <span>

namespace actionflow {

namespace {

using Color = std::array<std::uint8_t, 3>;

constexpr std::array<Color, 18> kShirts{{{42, 56, 92},
                                         {78, 104, 140},
                                         {222, 220, 214},
                                         {170, 172, 174},
                                         {62, 64, 70},
                                         {38, 38, 42},
                                         {112, 42, 52},
                                         {164, 58, 52},
                                         {98, 100, 66},
                                         {52, 86, 66},
                                         {54, 104, 108},
                                         {186, 148, 66},
                                         {196, 178, 148},
                                         {140, 172, 200},
                                         {192, 146, 144},
                                         {110, 80, 60},
                                         {172, 98, 60},
                                         {146, 136, 166}}};
constexpr std::array<Color, 9> kTrousers{{{62, 82, 118},
                                          {40, 52, 78},
                                          {38, 38, 42},
                                          {104, 106, 110},
                                          {158, 140, 108},
                                          {88, 68, 52},
                                          {84, 88, 62},
                                          {70, 72, 80},
                                          {136, 146, 158}}};
constexpr std::array<Color, 6> kShoes{
    {{218, 216, 210}, {36, 36, 38}, {92, 64, 44}, {118, 118, 122}, {146, 54, 50}, {46, 58, 88}}};
constexpr std::array<Color, 7> kSkins{{{242, 206, 182},
                                       {228, 184, 152},
                                       {206, 158, 122},
                                       {178, 128, 94},
                                       {146, 100, 72},
                                       {116, 76, 54},
                                       {92, 60, 44}}};
constexpr std::array<Color, 7> kHairs{{{34, 28, 26},
                                       {52, 38, 30},
                                       {84, 58, 40},
                                       {120, 86, 56},
                                       {170, 134, 88},
                                       {150, 148, 146},
                                       {128, 66, 40}}};
constexpr std::array<Color, 12> kWalls{{{220, 214, 202},
                                        {212, 200, 176},
                                        {194, 196, 198},
                                        {166, 178, 160},
                                        {172, 188, 200},
                                        {194, 174, 166},
                                        {140, 154, 166},
                                        {180, 136, 114},
                                        {84, 102, 92},
                                        {78, 92, 114},
                                        {150, 104, 88},
                                        {150, 146, 138}}};
constexpr std::array<Color, 8> kFloors{{{150, 112, 78},
                                        {120, 86, 58},
                                        {178, 146, 110},
                                        {140, 138, 134},
                                        {110, 104, 104},
                                        {184, 170, 148},
                                        {96, 104, 114},
                                        {92, 70, 54}}};
constexpr std::array<Color, 11> kThings{{{176, 138, 94},
                                         {128, 92, 62},
                                         {98, 68, 46},
                                         {72, 104, 138},
                                         {160, 64, 56},
                                         {86, 118, 88},
                                         {130, 134, 138},
                                         {212, 208, 200},
                                         {200, 166, 78},
                                         {70, 76, 84},
                                         {150, 118, 140}}};
constexpr std::array<Color, 7> kBalls{{{204, 110, 54},
                                       {188, 54, 48},
                                       {56, 96, 160},
                                       {226, 222, 214},
                                       {206, 184, 62},
                                       {78, 138, 82},
                                       {150, 88, 60}}};

std::span<const Color> colors_of(Material material) {
  switch (material) {
    case Material::shirt:
      return kShirts;
    case Material::trousers:
      return kTrousers;
    case Material::shoes:
      return kShoes;
    case Material::skin:
      return kSkins;
    case Material::hair:
      return kHairs;
    case Material::wall:
      return kWalls;
    case Material::floor:
      return kFloors;
    case Material::thing:
      return kThings;
    case Material::ball:
      return kBalls;
  }
  return {};
}

}  // namespace

cv::Scalar color_of(Material material, Random& random) {
  const std::span<const Color> colors = colors_of(material);
  const Color& color = colors[random.below(colors.size())];
  const double light = random.uniform(0.86, material == Material::skin ? 1.0 : 1.14);
  cv::Scalar varied;
  for (int i = 0; i < 3; ++i) {
    varied[i] = std::clamp(color[static_cast<std::size_t>(i)] * light + random.uniform(-8, 8), 0.0, 255.0);
  }
  return varied;
}

}  // namespace actionflow
