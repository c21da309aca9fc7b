use klaim::moments::Moments;
use klaim::posterior::*;
use klaim::source::{Atoms, Source, Spec};
use klaim::stream::Stream;
use std::time::Instant;
fn main() {
    let (n, d) = (4096, 64);
    let pts = klaim::source::codebook::gaussian_points(n, d, 1);
    let w: Vec<f64> = (1..=n).map(|i| (i as f64).powf(-1.2)).collect();
    let s = Source::discrete(&Spec::parse("codebook").unwrap(), Atoms::new(d, pts, w).unwrap()).unwrap();
    let t = Instant::now();
    let sam = sampler(&s).unwrap();
    println!("setup {:?}", t.elapsed());
    let snrs: Vec<f64> = (0..32).map(|i| 10f64.powf(-3.0 + 6.0 * i as f64 / 31.0)).collect();
    let grid = Grid::new(snrs.iter().map(|&g| SnrPoint::At(g)));
    let st = Stream::named(0, "x");
    let nb: usize = std::env::args().nth(1).map_or(16, |a| a.parse().unwrap());
    let nc = sam.control_means().len();
    let width = 32 * 3 + nc;
    let t = Instant::now();
    use rayon::prelude::*;
    let ms: Vec<Moments> = (0..nb)
        .into_par_iter()
        .map(|b| {
            let mut out = vec![Observed::default(); BATCH * 32];
            let mut c = vec![0.0; BATCH * nc];
            sam.observe(&st, (b * BATCH) as u64, &grid, &mut out, &mut c);
            let mut rows = vec![];
            for s in 0..BATCH {
                for g in 0..32 {
                    let o = &out[s * 32 + g];
                    rows.extend([o.information, o.mmse, o.slope]);
                }
                rows.extend(&c[s * nc..][..nc]);
            }
            Moments::of_block(&rows, width)
        })
        .collect();
    let el = t.elapsed().as_secs_f64();
    println!(
        "{} samples {:.3}s: {:.0} samples/s {:.0} pairs/s",
        nb * BATCH,
        el,
        (nb * BATCH) as f64 / el,
        (nb * BATCH * 32) as f64 / el
    );
    let mut m = Moments::new(width);
    for b in &ms {
        m.merge(b);
    }
    println!(
        "controls {:?}\n known {:?}",
        &m.select(&(96..width).collect::<Vec<_>>()).regress(&[]).value,
        sam.control_means()
    );
    let plain = m.select(&(0..96).collect::<Vec<_>>()).regress(&[]);
    let r = m.regress(sam.control_means());
    for g in 0..32 {
        print!("{:9.3e} ", snrs[g]);
        for k in 0..3 {
            let i = 3 * g + k;
            print!(
                " {:12.6e} ± {:.1e} (gain {:.1}) k {:?}",
                r.value[i],
                r.covariance[(i, i)].sqrt(),
                plain.covariance[(i, i)] / r.covariance[(i, i)],
                r.flags[i].pareto_k.map(|k| (k * 100.0).round() / 100.0)
            );
        }
        println!();
    }
}
