// Patterns that fill a whole picture. Shares are CV_32F from 0 to 1, of the picture's size.
#pragma once

#include <opencv2/core.hpp>

#include "base/random.h"

namespace actionflow {

// Any colour: of the palette's things, or none of it.
cv::Scalar any_color(Random& random);

// Smooth hills and hollows, `cell` pixels wide, with `octaves` of finer ones upon them.
cv::Mat cloudy(Random& random, cv::Size size, double cell, int octaves);
// Stripes that wind: `step` pixels wide, running at `angle`, bent by up to `bend` pixels; soft from 0 to 1.
cv::Mat stripes(Random& random, cv::Size size, double step, double angle, double bend, double soft);
// Rings, discs, diamonds, checks or a lattice, `step` pixels apart.
cv::Mat tiled(Random& random, cv::Size size, double step);

// Paints `color` where the share is 1.
void paint(cv::Mat& image, const cv::Mat& share, const cv::Scalar& color);
// More light where the share is 1 than where it is 0.
void lighten(cv::Mat& image, const cv::Mat& share, double least, double most);

}  // namespace actionflow
