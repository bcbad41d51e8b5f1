#include "base/text/metric_text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <limits>

#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

TEST(MetricText, SamplesOfOneNameStandTogether) {
  MetricText text;
  text.counter("frames_total", "frames decoded", 3, {{"stream", "a"}});
  text.gauge("depth", "of a queue", 0.5);
  text.counter("frames_total", "frames decoded", 12345678901, {{"stream", "b"}, {"node", "x"}});
  EXPECT_EQ(text.str(),
            "# HELP frames_total frames decoded\n# TYPE frames_total counter\n"
            "frames_total{stream=\"a\"} 3\nframes_total{stream=\"b\",node=\"x\"} 12345678901\n"
            "# HELP depth of a queue\n# TYPE depth gauge\ndepth 0.5\n");
}

TEST(MetricText, AHistogramEndsWithAllOfThem) {
  MetricText text;
  text.histogram("latency_seconds", "how long", {{{0.1, 2}, {0.5, 3}}, 4, 1.25}, {{"stage", "s"}});
  EXPECT_EQ(text.str(),
            "# HELP latency_seconds how long\n# TYPE latency_seconds histogram\n"
            "latency_seconds_bucket{stage=\"s\",le=\"0.1\"} 2\n"
            "latency_seconds_bucket{stage=\"s\",le=\"0.5\"} 3\n"
            "latency_seconds_bucket{stage=\"s\",le=\"+Inf\"} 4\n"
            "latency_seconds_sum{stage=\"s\"} 1.25\nlatency_seconds_count{stage=\"s\"} 4\n");
}

TEST(MetricText, LabelValuesMayHoldAnything) {
  MetricText text;
  text.gauge("g", "h\\elp\nline", 1, {{"stream", "a\\b\"c\nd\xff"}});
  EXPECT_EQ(text.str(),
            "# HELP g h\\\\elp\\nline\n# TYPE g gauge\ng{stream=\"a\\\\b\\\"c\xEF\xBF\xBD"
            "d\xEF\xBF\xBD\"} 1\n");
}

TEST(MetricText, NumbersThatAreNoneHaveTheirNames) {
  MetricText text;
  text.gauge("g", "h", std::numeric_limits<double>::infinity());
  text.gauge("g", "h", std::numeric_limits<double>::quiet_NaN());
  EXPECT_NE(text.str().find("g +Inf\ng NaN\n"), std::string::npos);
}

}  // namespace
}  // namespace actionflow
