"""Truth for one-dimensional discrete laws: mmse, mmse_slope (= -mmse') and information (nats) by the trapezoid rule in 40-digit arithmetic (mpmath); two step widths must agree to 1e-17. Usage: discrete1d.py OUT.csv "law;law" "snr,snr"."""
import sys,csv
from mpmath import mp, mpf, sqrt, exp, log, pi, nstr
mp.dps=40
def ref(xs,ps,g,hfac):
    xs=[mpf(x) for x in xs];g=mpf(g);s=sqrt(g)
    W=15
    # integrate separately around clusters: cover union of [s x - W, s x + W]
    iv=[]
    for x in sorted(xs):
        a,b=s*x-W,s*x+W
        if iv and a<=iv[-1][1]: iv[-1][1]=b
        else: iv.append([a,b])
    c=1/sqrt(2*pi);M=D=I=mpf(0)
    H=-sum(p*log(p) for p in ps)
    for a,b in iv:
        n=int((b-a)*hfac)+1;h=(b-a)/n
        for i in range(n+1):
            y=a+i*h
            e=[p*exp(-(y-s*x)**2/2) for x,p in zip(xs,ps)]
            Z=sum(e)
            m=sum(x*w for x,w in zip(xs,e))/Z
            v=sum((x-m)**2*w for x,w in zip(xs,e))/Z
            # posterior entropy for the information (cancellation-free at high snr): I = H - E H(X|Y)
            hp=mpf(0)
            for w in e:
                q=w/Z
                if q>0: hp-=q*log(q)
            wt=h*c*Z*(mpf(1)/2 if i in(0,n) else 1)
            M+=wt*v;D+=wt*v*v;I+=wt*hp
    return M,D,H-I
def law(spec):
    k,_,r=spec.partition(':'); kv=dict(t.split('=') for t in r.split(',')) if r else {}
    if k=='bpsk': return [-1,1],[mpf(1)/2]*2
    if k=='bernoulli': p=mpf(kv['p']); return [0,1],[1-p,p]
    if k=='pam': n=int(kv['levels']); return [mpf(i)-mpf(n-1)/2 for i in range(n)],[mpf(1)/n]*n
    if k=='zipf': n=int(kv['atoms']);s=mpf(kv['exponent']); w=[mpf(i)**-s for i in range(1,n+1)];t=sum(w); return list(range(1,n+1)),[a/t for a in w]
    if k=='geometric': q=mpf(kv['ratio']); n=int(mp.ceil(mpf(-60)/log(q))); w=[q**i for i in range(n)];t=sum(w); return list(range(n)),[a/t for a in w]
specs=sys.argv[2].split(';'); snrs=sys.argv[3].split(',')
w=csv.writer(open(sys.argv[1],'w')); w.writerow(['source','snr','mmse','mmse_slope','information'])
for sp in specs:
    xs,ps=law(sp)
    for g in snrs:
        hf=9.0*max(1.0,1.7*float(g)**0.5*(2.0 if sp=="bpsk" else 1.0))
        r1=ref(xs,ps,g,hf); r2=ref(xs,ps,g,hf*1.37)
        err=max(abs(a/b-1) for a,b in zip(r1,r2))
        assert err<1e-17,(sp,g,nstr(err,5))
        w.writerow([sp,g]+[nstr(v,20) for v in r2]); print(sp,g,nstr(err,3),flush=True)
