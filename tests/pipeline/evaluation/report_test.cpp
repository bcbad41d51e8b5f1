// The report of a training run: one file, nothing in it that its data could break.
#include "pipeline/evaluation/report.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report small_report() {
  Report report;
  report.title = "robust_3d, runs/<first>";
  report.classes = {"wave & \"nod\"", "<script>alert(1)</script>"};
  report.metrics = {R"({"epoch":1,"loss":2.5,"train_top1":0.4,"val_top1":0.5,"samples_per_second":12})",
                    "cut of", R"({"epoch":2,"loss":1.5,"train_top1":0.8,"val_top1":null})"};
  std::vector<EvaluatedVideo> videos(2);
  videos[0] = {{0.9F, 0.1F}, {0}, {}};
  videos[1] = {{0.7F, 0.3F}, {1}, {}};
  report.validation = measure(videos, 2);
  report.best_epoch = 1;
  report.mistakes = {{"b.mp4", report.classes[1], report.classes[0], 0.7, 0.3, "any carnal pleas"}};
  return report;
}

TEST(Report, NeedsNothingBesideItself) {
  const std::string html = report_html(small_report());
  EXPECT_THAT(html, Not(HasSubstr("http")));
  EXPECT_THAT(html, Not(HasSubstr("src='/")));
}

TEST(Report, NamesCannotBecomeMarkup) {
  const std::string html = report_html(small_report());
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, HasSubstr("wave &amp; &quot;nod&quot;"));
  EXPECT_THAT(html, HasSubstr("runs/&lt;first&gt;"));
}

TEST(Report, ShowsFiguresMatrixAndMistakes) {
  const std::string html = report_html(small_report());
  EXPECT_THAT(html, HasSubstr("<b>50.0 %</b>validation top-1"));
  EXPECT_THAT(html, HasSubstr("<b>2</b>epochs"));
  EXPECT_THAT(html, HasSubstr("is &lt;script&gt;alert(1)&lt;/script&gt; (30.0 %), was answered"));
  // RFC 4648's rules on a well-known sentence's beginning.
  EXPECT_THAT(html, HasSubstr("data:image/png;base64,YW55IGNhcm5hbCBwbGVhcw=="));
}

TEST(Curves, LeaveGapsWhereThereIsNoValue) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = draw_curves({{"a", {0.5, 0.25, none, 1}}}, true, 2);
  EXPECT_THAT(svg, HasSubstr("a 100.0 %"));
  const std::size_t path = svg.find("<path d='");
  ASSERT_NE(path, std::string::npos);
  const std::string d = svg.substr(path, svg.find("stroke", path) - path);
  EXPECT_EQ(std::count(d.begin(), d.end(), 'M'), 2);
  EXPECT_EQ(std::count(d.begin(), d.end(), 'L'), 1);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(Curves, ChooseRoundStepsForAnyRange) {
  for (const double most : {1e-7, 0.013, 0.99, 7.0, 123.0, 4.2e6})
    for (const int epochs : {1, 2, 7, 40, 1000}) {
      std::vector<double> values(static_cast<std::size_t>(epochs), most);
      const std::string svg = draw_curves({{"a", std::move(values)}}, false, 0);
      EXPECT_LT(svg.size(), 40'000u) << most << ' ' << epochs;
      EXPECT_THAT(svg, Not(HasSubstr("nan")));
    }
}

}  // namespace
}  // namespace actionflow::testing
