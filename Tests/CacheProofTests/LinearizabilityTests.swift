import CacheProof
