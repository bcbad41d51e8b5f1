// A drawn hand with its forearm, as its owner sees it: how it looks, how it is held, and its picture.
#pragma once

#include "base/random.h"
#include "datasets/synthetic/drawing/canvas.h"

namespace actionflow {

enum class HandShape { pointing, two_fingers, open, fist };
enum class Sleeve { plain, striped, checked };

// One person's; sizes in the length from fingertip to wrist.
struct HandLook {
  cv::Scalar skin, sleeve, pattern, band;
  Sleeve cloth = Sleeve::plain;
  double bare = 9;      // of the forearm, in hand lengths, before a sleeve begins
  double band_at = -1;  // where a watch or bracelet sits on the forearm; none below 0
  double band_width = 0.08;
  double length = 0.4;         // in heights of the picture
  double finger = 0.12;        // the index finger's girth
  double fist = 1, arm = 1;    // breadth, of the usual one
  double elbow = 2;            // the forearm's breadth there, in wrists
  bool left = false;           // a left hand
  bool flat = false;           // without shading, as for a shadow
  cv::Point2d from{1.4, 1.4};  // where the elbow is, in heights of the picture, for a tip at the middle

  explicit HandLook(Random random, double aspect);
  // All of one colour.
  HandLook silhouette(const cv::Scalar& color) const;
};

struct HandPose {
  HandShape shape = HandShape::pointing;
  cv::Point2d tip, elbow;
  double finger = 0;  // radians between the finger and the forearm's line, clockwise
  double size = 1;
  double light = 1;       // on all of it
  double light_from = 0;  // -1 to 1: across the arm
};

// One unit of the canvas is the picture's height.
void draw_hand(Canvas& canvas, const HandLook& look, const HandPose& pose);

}  // namespace actionflow
