// Parts of a person, drawn flat at their real sizes: one unit of the canvas is a metre at the person's
// distance, and `size` the part's scale. All that draws people uses these.
#pragma once

#include <array>

#include "datasets/synthetic/drawing/canvas.h"

namespace actionflow {

enum class Hair { short_cut, long_cut, bald, cap };

// Colours and clothes of one person.
struct Look {
  cv::Scalar skin, hair, shirt, trousers, shoes;
  Hair hair_style = Hair::short_cut;
  bool long_sleeves = true;
  bool shorts = false;
};

struct HeadView {
  cv::Point2d center;
  double turn = 0;  // radians; 0 faces the camera, positive looks to the picture's right
  double size = 1;
  bool blink = false;
};

void draw_head(Canvas& canvas, const Look& look, const HeadView& head);
void draw_neck(Canvas& canvas, const Look& look, cv::Point2d chin, cv::Point2d collar, double size);

// Corners as they stand in the picture; the order of left and right does not matter.
struct TorsoView {
  std::array<cv::Point2d, 2> shoulders, hips;
  cv::Point2d collar;
  double size = 1;
  double depth = 0.1;  // half of the thickness that a torso seen from the side shows
};

void draw_torso(Canvas& canvas, const Look& look, const TorsoView& torso);

struct ArmView {
  cv::Point2d shoulder, elbow, wrist;
  double size = 1;
  double light = 1;
  double hand_size = 1;  // of the wrist, which is nearer the camera where the hand is
};

void draw_upper_arm(Canvas& canvas, const Look& look, const ArmView& arm);
void draw_forearm(Canvas& canvas, const Look& look, const ArmView& arm);

// The elbow in the plane of an arm of two equal bones, bent outwards and down.
cv::Point2d elbow_of(cv::Point2d shoulder, cv::Point2d wrist, double bone);

struct LegView {
  cv::Point2d hip, knee, ankle, toes;
  double size = 1;
  double light = 1;
};

void draw_thigh(Canvas& canvas, const Look& look, const LegView& leg);
void draw_shin(Canvas& canvas, const Look& look, const LegView& leg);

// Where a hand is, how it is turned, and how near the camera.
struct HandView {
  cv::Point2d palm;
  double degrees = 0;  // of the fingers, clockwise from straight up
  double size = 1;
};

void draw_open_hand(Canvas& canvas, const HandView& hand, const cv::Scalar& skin);
void draw_thumb_up(Canvas& canvas, const HandView& hand, const cv::Scalar& skin);

}  // namespace actionflow
